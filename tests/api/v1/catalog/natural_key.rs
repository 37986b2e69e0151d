//! No two rows agree in their natural key: what POST, PUT and PATCH say to a taken one (contract sections 1 and 2).

use serde_json::{Value, json};

use partbook_test_support::body::with;
use partbook_test_support::contract::{Entity, catalog};
use partbook_test_support::{Method, Service, backends};

fn name_keyed() -> impl Iterator<Item = &'static Entity> {
    catalog().into_iter().filter(|entity| !entity.get_or_create)
}

fn by_specifications() -> impl Iterator<Item = &'static Entity> {
    catalog().into_iter().filter(|entity| entity.get_or_create)
}

backends!(a_taken_name_is_refused: Sqlite, Postgres, Legacy);
async fn a_taken_name_is_refused(service: Service) {
    for entity in name_keyed() {
        for name in ["Zen", "It's \"quoted\"", "100%_é", "-"] {
            let row = service.created(entity.path, &with((entity.full)(1), "name", name)).await;
            let other = service.create(entity, 9).await;
            let path = entity.at(&other["id"]);
            for answer in [
                service.post(entity.path, &with((entity.minimal)(2), "name", name)).await,
                service.put(&path, &with((entity.minimal)(9), "name", name)).await,
                service.patch(&path, &json!({"name": name})).await,
            ] {
                let problem = answer.problem(422);
                assert_eq!(problem.detail, entity.taken(name));
                assert_eq!(problem.places(), ["#/name"]);
            }
            assert_eq!(service.get(&path).await.expect(200).json(), other);
            assert_eq!(service.get(&entity.at(&row["id"])).await.expect(200).json(), row);
            service.delete(&path).await.expect(204);
        }
    }
}

backends!(names_that_differ_a_little_are_different: Sqlite, Postgres, Legacy);
async fn names_that_differ_a_little_are_different(service: Service) {
    for entity in name_keyed() {
        for name in ["Zen", "zen", "ZEN", "Z en", "Zén", "Ze\u{301}n", "Ze\u{200d}n"] {
            service.created(entity.path, &with((entity.minimal)(1), "name", name)).await;
        }
    }
}

backends!(names_that_look_alike_are_the_same: Sqlite, Postgres, Legacy);
async fn names_that_look_alike_are_the_same(service: Service) {
    for entity in name_keyed() {
        let row = service.created(entity.path, &with((entity.minimal)(1), "name", "Zen  4\u{200b}")).await;
        assert_eq!(row["name"], "Zen 4");
        let path = entity.at(&row["id"]);
        for name in ["Zen 4", " Zen 4", "Zen\u{a0}4\n", "Z\u{ad}en 4", "\u{feff}Zen\t 4"] {
            let problem = service.post(entity.path, &with((entity.minimal)(2), "name", name)).await.problem(422);
            assert_eq!(problem.detail, entity.taken("Zen 4"));
            assert_eq!(problem.at("#/name").code, "duplicate");
            // To the row itself it is no change.
            assert_eq!(service.patch(&path, &json!({"name": name})).await.expect(200).json(), row);
        }
        for name in ["", " ", "\u{a0}", "\n", "\u{200b}"] {
            let body = with((entity.minimal)(2), "name", name);
            assert_eq!(service.post(entity.path, &body).await.problem(422).places(), ["#/name"], "{name:?}");
        }
    }
}

backends!(a_stored_name_stays_until_somebody_changes_it: Sqlite, Postgres, Legacy);
async fn a_stored_name_stays_until_somebody_changes_it(service: Service) {
    for entity in name_keyed() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let path = entity.at(&row["id"]);
        service.sql(&format!("update {} set name = '  Old  name '", entity.table)).await;
        let kept = service.patch(&path, &json!({"name": "Old name"})).await.expect(200).json();
        assert_eq!(kept["name"], "  Old  name ");
        // Who looks alike is refused beside it, though no index says so.
        let problem = service.post(entity.path, &with((entity.minimal)(2), "name", "Old name")).await.problem(422);
        assert_eq!(problem.detail, entity.taken("Old name"));
        let other = service.create(entity, 3).await;
        let change = service.patch(&entity.at(&other["id"]), &json!({"name": "Old\u{a0}name"})).await;
        assert_eq!(change.problem(422).detail, entity.taken("Old name"));
        assert_eq!(service.patch(&path, &json!({"name": " New "})).await.expect(200).json()["name"], "New");
    }
}

backends!(a_refused_name_uses_up_no_id: Sqlite, Postgres, Legacy);
async fn a_refused_name_uses_up_no_id(service: Service) {
    for entity in name_keyed() {
        let first = service.create(entity, 1).await["id"].as_i64().expect("an id");
        for _ in 0..3 {
            service.post(entity.path, &(entity.minimal)(1)).await.problem(422);
        }
        assert_eq!(service.create(entity, 2).await["id"], first + 1);
    }
}

backends!(a_row_may_keep_its_own_name: Sqlite, Postgres, Legacy);
async fn a_row_may_keep_its_own_name(service: Service) {
    for entity in name_keyed() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let path = entity.at(&row["id"]);
        assert_eq!(service.put(&path, &(entity.full)(1)).await.expect(200).json(), row);
        let change = json!({"name": row["name"]});
        assert_eq!(service.patch(&path, &change).await.expect(200).json(), row);
    }
}

backends!(a_freed_name_may_be_taken: Sqlite, Postgres, Legacy);
async fn a_freed_name_may_be_taken(service: Service) {
    for entity in name_keyed() {
        let row = service.create(entity, 1).await;
        let path = entity.at(&row["id"]);
        service.patch(&path, &json!({"name": "renamed"})).await.expect(200);
        service.create(entity, 1).await;
        service.delete(&path).await.expect(204);
        service.created(entity.path, &with((entity.minimal)(1), "name", "renamed")).await;
    }
}

/// A change of one row's key to that of another.
fn clash(entity: &Entity) -> (Value, Value) {
    let taken: Value = (entity.full)(1);
    let fields = entity.natural_key.iter().map(|field| ((*field).to_owned(), taken[*field].clone()));
    (taken.clone(), fields.collect())
}

backends!(taken_specifications_are_refused_on_update: Sqlite, Postgres, Legacy);
async fn taken_specifications_are_refused_on_update(service: Service) {
    for entity in by_specifications() {
        let (taken, key) = clash(entity);
        service.created(entity.path, &taken).await;
        let other = service.created(entity.path, &(entity.full)(2)).await;
        let path = entity.at(&other["id"]);
        for answer in [service.put(&path, &taken).await, service.patch(&path, &key).await] {
            assert_eq!(answer.problem(422).detail, entity.taken(""));
        }
        assert_eq!(service.get(&path).await.expect(200).json(), other);
    }
}

backends!(null_equals_null_in_specifications: Sqlite, Postgres, Legacy);
async fn null_equals_null_in_specifications(service: Service) {
    for entity in by_specifications() {
        // A row whose key is null but for the one field that it needs.
        let sparse = service.created(entity.path, &(entity.minimal)(40)).await;
        let other = service.created(entity.path, &(entity.full)(2)).await;
        let path = entity.at(&other["id"]);
        let change: Value =
            entity.natural_key.iter().map(|field| ((*field).to_owned(), sparse[*field].clone())).collect();
        for answer in [
            service.put(&path, &(entity.minimal)(40)).await,
            service.patch(&path, &change).await,
            service.request(Method::PATCH, &path).merge_patch(&change).send().await,
        ] {
            assert_eq!(answer.problem(422).detail, entity.taken(""));
        }
    }
}
