//! PUT replaces a row (contract section 2).

use serde_json::{Value, json};

use partbook_test_support::body::with;
use partbook_test_support::contract::{Kind, PORTS_PROFILE, catalog};
use partbook_test_support::{Service, backends};

backends!(a_row_is_replaced);
async fn a_row_is_replaced(service: Service) {
    for entity in catalog() {
        let row = service.create(entity, 1).await;
        let path = entity.at(&row["id"]);
        let body = (entity.full)(2);
        let answer = service.put(&path, &body).await.expect(200);
        let replaced = answer.json();
        for (field, value) in body.as_object().expect("an object") {
            if field != "ports" {
                assert_eq!(replaced[field], *value, "{field}");
            }
        }
        assert_eq!(replaced["id"], row["id"]);
        assert_eq!(service.get(&path).await.expect(200).json(), replaced);
        assert_eq!(service.get(entity.path).await.expect(200).array(), [replaced]);
    }
}

backends!(what_is_left_out_or_null_goes_back_to_its_default);
async fn what_is_left_out_or_null_goes_back_to_its_default(service: Service) {
    for entity in catalog() {
        let minimal = (entity.minimal)(2);
        let mut null = minimal.clone();
        for limit in entity.limits().filter(|limit| null_is_default(limit.kind) && minimal.get(limit.field).is_none()) {
            null[limit.field] = Value::Null;
        }
        let expected = service.created(entity.path, &minimal).await;
        service.delete(&entity.at(&expected["id"])).await.expect(204);
        let path = entity.at(&service.created(entity.path, &(entity.full)(1)).await["id"]);
        for body in [minimal, null] {
            let row = service.put(&path, &body).await.expect(200).json();
            for limit in entity.limits() {
                assert_eq!(row[limit.field], expected[limit.field], "{}", limit.field);
            }
            service.put(&path, &(entity.full)(1)).await.expect(200);
        }
    }
}

/// `is_default` has rules of its own: see `default_profile`.
fn null_is_default(kind: Kind) -> bool {
    kind != Kind::Boolean
}

backends!(a_row_that_is_not_there_is_not_made);
async fn a_row_that_is_not_there_is_not_made(service: Service) {
    for entity in catalog() {
        let problem = service.put(&format!("{}/7", entity.path), &(entity.full)(1)).await.problem(404);
        assert_eq!(problem.detail, entity.not_found(7));
        assert!(service.get(entity.path).await.expect(200).array().is_empty());
    }
}

backends!(the_frontend_sends_back_all_it_was_answered);
async fn the_frontend_sends_back_all_it_was_answered(service: Service) {
    for entity in catalog() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let path = entity.at(&row["id"]);
        assert_eq!(service.put(&path, &row).await.expect(200).json(), row);
        let field = entity.note();
        let changed = service.put(&path, &with(row.clone(), field, "changed")).await.expect(200).json();
        assert_eq!(changed, with(with(row, field, "changed"), "updated_at", changed["updated_at"].clone()));
    }
}

backends!(a_refused_replacement_changes_nothing);
async fn a_refused_replacement_changes_nothing(service: Service) {
    for entity in catalog() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let path = entity.at(&row["id"]);
        let body = with((entity.full)(2), entity.limits().next().expect("a field").field, json!([1]));
        service.put(&path, &body).await.problem(422);
        assert_eq!(service.get(&path).await.expect(200).json(), row);
    }
}

backends!(ports_left_out_are_removed);
async fn ports_left_out_are_removed(service: Service) {
    let path = PORTS_PROFILE.at(&service.created(PORTS_PROFILE.path, &(PORTS_PROFILE.full)(1)).await["id"]);
    let row = service.put(&path, &(PORTS_PROFILE.minimal)(1)).await.expect(200).json();
    assert_eq!(row["ports"], json!([]));
    assert!(service.rows("select id from port").await.is_empty());
}
