//! DELETE, and why it is refused (contract section 2).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use partbook_test_support::contract::{Entity, LISTING, PROFILE, catalog, in_listings, listing, listing_that_uses};
use partbook_test_support::{Backend, Database, Service, backends};

backends!(a_deleted_row_is_gone: Sqlite, Postgres, Legacy);
async fn a_deleted_row_is_gone(service: Service) {
    for entity in catalog() {
        let (row, other) = (service.create(entity, 1).await, service.create(entity, 2).await);
        let path = entity.at(&row["id"]);
        let answer = service.delete(&path).await.expect(204);
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("content-type"), None);
        for _ in 0..2 {
            assert_eq!(service.delete(&path).await.problem(404).detail, entity.not_found(&row["id"]));
        }
        assert_eq!(service.get(entity.path).await.expect(200).array(), [other]);
    }
}

fn ids(listings: &[Value]) -> BTreeSet<i64> {
    listings.iter().map(|listing| listing["id"].as_i64().expect("an id")).collect()
}

/// Demands that a row cannot be deleted because of exactly these listings.
async fn used_by(service: &Service, entity: &Entity, id: &Value, expected: &BTreeSet<i64>) {
    let path = entity.at(id);
    let before = service.get(&path).await.expect(200).json();
    let problem = service.delete(&path).await.problem(409);
    assert_eq!(problem.detail, entity.in_use(expected.len()));
    let usage = &problem.json["usage"];
    assert_eq!(usage["count"], expected.len());
    assert_eq!(usage["href"], format!("{path}/listings"));
    let named = usage["listings"].as_array().expect("an array");
    assert_eq!(named.len(), expected.len().min(20));
    assert!(ids(named).is_subset(expected) && ids(named).len() == named.len());
    for listing in named {
        let whole = service.get(&LISTING.at(&listing["id"])).await.expect(200).json();
        assert_eq!(*listing, json!({"id": whole["id"], "title": whole["title"]}));
    }
    let listings = service.get(&format!("{path}/listings?limit=100")).await.expect(200).array();
    assert_eq!(ids(&listings), *expected);
    assert_eq!(listings.len(), expected.len());
    assert_eq!(service.get(&path).await.expect(200).json(), before);
}

backends!(what_is_in_use_stays: Sqlite, Postgres, Legacy);
async fn what_is_in_use_stays(service: Service) {
    for entity in in_listings() {
        let (row, other) = (service.create(entity, 1).await, service.create(entity, 2).await);
        let mut users = BTreeSet::new();
        for count in [1, 2, 23] {
            while users.len() < count {
                let through = entity.used_through[users.len() % entity.used_through.len()];
                let body = listing_that_uses(u32::try_from(users.len()).expect("few"), through, &row["id"]);
                users.insert(service.created(LISTING.path, &body).await["id"].as_i64().expect("an id"));
            }
            used_by(&service, entity, &row["id"], &users).await;
        }
        service.delete(&entity.at(&other["id"])).await.expect(204);
        for id in users {
            service.delete(&LISTING.at(&json!(id))).await.expect(204);
        }
        service.delete(&entity.at(&row["id"])).await.expect(204);
    }
}

backends!(a_listing_that_uses_a_row_twice_counts_once: Sqlite, Postgres, Legacy);
async fn a_listing_that_uses_a_row_twice_counts_once(service: Service) {
    for entity in in_listings() {
        let id = &service.create(entity, 1).await["id"];
        let references: Value = entity.used_through.iter().map(|through| ((*through).to_owned(), id.clone())).collect();
        let user = service.created(LISTING.path, &listing("Twice", &references)).await;
        used_by(&service, entity, id, &ids(&[user])).await;
    }
}

backends!(a_score_snapshot_uses_a_profile: Sqlite, Postgres, Legacy);
async fn a_score_snapshot_uses_a_profile(service: Service) {
    let id = &service.create(&PROFILE, 1).await["id"];
    let scored = service.created(LISTING.path, &listing("Scored", &json!({}))).await;
    let both = service.created(LISTING.path, &listing("Both", &json!({"active_profile_id": id}))).await;
    service.created(LISTING.path, &listing("Neither", &json!({}))).await;
    for listing in [&scored, &scored, &both] {
        let listing = &listing["id"];
        service
            .sql(&format!("insert into listing_score_snapshot (listing_id, profile_id) values ({listing}, {id})"))
            .await;
    }
    used_by(&service, &PROFILE, id, &ids(&[scored.clone(), both.clone()])).await;
    service.delete(&LISTING.at(&both["id"])).await.expect(204);
    used_by(&service, &PROFILE, id, &ids(&[scored])).await;
}

backends!(a_listing_let_go_frees_the_row: Sqlite, Postgres, Legacy);
async fn a_listing_let_go_frees_the_row(service: Service) {
    for entity in catalog() {
        let row = service.create(entity, 1).await;
        for through in entity.used_through {
            let user = service.created(LISTING.path, &listing_that_uses(1, through, &row["id"])).await;
            service.delete(&entity.at(&row["id"])).await.problem(409);
            let freed = service.patch(&LISTING.at(&user["id"]), &json!({*through: null})).await.expect(200).json();
            assert_eq!(freed[*through], Value::Null);
        }
        service.delete(&entity.at(&row["id"])).await.expect(204);
    }
}

backends!(other_tables_of_the_database_block_as_well: Sqlite, Postgres, Legacy);
async fn other_tables_of_the_database_block_as_well(backend: Backend) {
    let database = Database::prepared(backend);
    let rules = ["", "on delete set null", "on delete cascade", "on delete no action", "on delete restrict"];
    let columns: Vec<String> = catalog()
        .iter()
        .zip(rules.into_iter().cycle())
        .map(|(entity, rule)| format!("{0}_id integer references {0} (id) {rule}", entity.table))
        .collect();
    database.sql(&format!("create table saved_builds (title varchar(255), {})", columns.join(", "))).await;
    let service = Service::options().start_on(&database).await;
    for entity in catalog() {
        let (row, free) = (service.create(entity, 1).await, service.create(entity, 2).await);
        let (table, id, path) = (entity.table, &row["id"], entity.at(&row["id"]));
        service.sql(&format!("insert into saved_builds ({table}_id) values ({id}), ({id})")).await;
        let problem = service.delete(&path).await.problem(409);
        assert_eq!(problem.detail, format!("Cannot delete {}: used by 2 row(s) of saved_builds", entity.delete_label));
        assert_eq!(service.get(&path).await.expect(200).json(), row);
        service.sql("delete from saved_builds").await;
        service.delete(&path).await.expect(204);
        service.delete(&entity.at(&free["id"])).await.expect(204);
    }
}

backends!(a_table_added_while_the_service_runs_keeps_its_rows: Sqlite, Postgres, Legacy);
async fn a_table_added_while_the_service_runs_keeps_its_rows(service: Service) {
    for entity in catalog() {
        let (row, used) = (service.create(entity, 1).await, service.create(entity, 2).await);
        let (table, id, path) = (entity.table, &used["id"], entity.at(&used["id"]));
        service.sql(&format!("create table of_{table} (its integer references {table} (id))")).await;
        service.sql(&format!("insert into of_{table} (its) values ({id})")).await;
        let problem = service.delete(&path).await.problem(409);
        let label = entity.delete_label;
        assert_eq!(problem.detail, format!("Cannot delete {label}: another table of the database uses it"));
        assert_eq!(service.get(&path).await.expect(200).json(), used);
        service.delete(&entity.at(&row["id"])).await.expect(204);
    }
}
