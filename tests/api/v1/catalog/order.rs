//! The order of lists, without `sort` and with it (contract section 3).

use serde_json::json;

use super::rows::{TEXTS, filled, ids, ordered, scalars};
use partbook_test_support::body::with;
use partbook_test_support::contract::Direction::{Ascending, Descending};
use partbook_test_support::contract::catalog;
use partbook_test_support::{Service, backends};

backends!(names_sort_without_regard_to_ascii_case_then_by_code_point);
async fn names_sort_without_regard_to_ascii_case_then_by_code_point(service: Service) {
    for entity in catalog().into_iter().filter(|entity| entity.natural_key == ["name"]) {
        for n in 0..TEXTS.len() {
            let body = with((entity.minimal)(0), "name", TEXTS[n * 7 % TEXTS.len()]);
            service.created(entity.path, &body).await;
        }
        let names = async |query: &str| {
            let rows = service.get(&format!("{}{query}", entity.path)).await.expect(200).array();
            rows.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("").await, TEXTS);
        assert_eq!(names("?sort=name").await, TEXTS);
        let mut reversed = TEXTS;
        reversed.reverse();
        assert_eq!(names("?sort=-name").await, reversed);
    }
}

backends!(the_default_order_is_the_contracts);
async fn the_default_order_is_the_contracts(service: Service) {
    for entity in catalog() {
        let rows = filled(&service, entity).await;
        let listed = service.get(entity.path).await.expect(200).array();
        assert_eq!(ids(&listed), ordered(entity, &rows, entity.order), "{}", entity.name);
    }
}

backends!(every_scalar_field_sorts_both_ways);
async fn every_scalar_field_sorts_both_ways(service: Service) {
    for entity in catalog() {
        let rows = filled(&service, entity).await;
        for field in scalars(entity).map(|limit| limit.field).chain(["id", "created_at", "updated_at"]) {
            for (direction, sign) in [(Ascending, ""), (Descending, "-")] {
                let listed = service.get(&format!("{}?sort={sign}{field}&limit=1000", entity.path)).await;
                let expected = ordered(entity, &rows, &[(field, direction)]);
                assert_eq!(ids(&listed.expect(200).array()), expected, "{sign}{field} of {}", entity.name);
            }
        }
    }
}

backends!(several_fields_sort_one_after_the_other);
async fn several_fields_sort_one_after_the_other(service: Service) {
    for entity in catalog() {
        let rows = filled(&service, entity).await;
        let fields: Vec<&str> =
            scalars(entity).map(|limit| limit.field).filter(|field| *field != "name").chain(["updated_at"]).collect();
        for fields in fields.windows(2) {
            let order = [(fields[0], Ascending), (fields[1], Descending)];
            let query = format!("sort={},-{}", fields[0], fields[1]);
            let listed = service.get(&format!("{}?limit=1000&{query}", entity.path)).await.expect(200).array();
            assert_eq!(ids(&listed), ordered(entity, &rows, &order), "{query} of {}", entity.name);
            let repeated = query.replace(',', "&sort=");
            let again = service.get(&format!("{}?limit=1000&{repeated}", entity.path)).await.expect(200).array();
            assert_eq!(ids(&again), ids(&listed), "{repeated} of {}", entity.name);
            let query = format!("sort=-{},{},-id", fields[1], fields[0]);
            let order = [(fields[1], Descending), (fields[0], Ascending), ("id", Descending)];
            let listed = service.get(&format!("{}?limit=1000&{query}", entity.path)).await.expect(200).array();
            assert_eq!(ids(&listed), ordered(entity, &rows, &order), "{query} of {}", entity.name);
        }
    }
}

backends!(a_changed_row_is_found_at_its_new_place);
async fn a_changed_row_is_found_at_its_new_place(service: Service) {
    for entity in catalog() {
        let rows = filled(&service, entity).await;
        service.patch(&entity.at(&rows[3]["id"]), &json!({"notes": "x", "description": "x"})).await.expect(200);
        let listed = service.get(&format!("{}?sort=-updated_at&limit=1", entity.path)).await.expect(200).array();
        assert_eq!(listed[0]["id"], rows[3]["id"]);
    }
}
