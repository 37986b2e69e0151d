//! The rows that a listing uses.

use serde_json::{Value, json};

use super::{minimal, parts, with};
use partbook_test_support::contract::{Kind, LISTING};
use partbook_test_support::{Service, backends};

fn reference_fields() -> Vec<&'static str> {
    LISTING.limits().filter(|limit| matches!(limit.kind, Kind::Reference(_))).map(|limit| limit.field).collect()
}

backends!(every_missing_row_is_named);
async fn every_missing_row_is_named(service: Service) {
    let mut body = (LISTING.minimal)(1);
    for (number, field) in (9_000..).zip(reference_fields()) {
        body[field] = json!(number);
    }
    let expected: Vec<String> = reference_fields().iter().map(|field| format!("#/{field}")).collect();
    let mut refusals = vec![service.post(LISTING.path, &body).await];
    let path = LISTING.at(&minimal(&service).await["id"]);
    refusals.push(service.put(&path, &body).await);
    refusals.push(service.patch(&path, &body).await);
    for refusal in refusals {
        let problem = refusal.problem(422);
        let mut places = problem.places();
        places.sort_unstable();
        let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expected.sort_unstable();
        assert_eq!(places, expected);
        for (number, field) in (9_000..).zip(reference_fields()) {
            let detail = &problem.at(&format!("#/{field}")).detail;
            assert!(detail.contains(&format!("{number}")), "{field}: {detail}");
        }
    }
    assert_eq!(service.get(LISTING.path).await.array().len(), 1);
}

backends!(those_that_are_there_are_not_named);
async fn those_that_are_there_are_not_named(service: Service) {
    let mut body = Value::Object(parts(&service).await);
    body["title"] = json!("Mini PC");
    body["price_usd"] = json!(1);
    body["gpu_id"] = json!(9_000);
    assert_eq!(service.post(LISTING.path, &body).await.problem(422).places(), ["#/gpu_id"]);
}

backends!(an_id_that_can_name_no_row_is_refused);
async fn an_id_that_can_name_no_row_is_refused(service: Service) {
    for id in [json!(0), json!(-1), json!(i32::MAX), json!(i64::from(i32::MAX) + 1), json!(1.5)] {
        let problem = service.post(LISTING.path, &with("cpu_id", &id)).await.problem(422);
        assert_eq!(problem.places(), ["#/cpu_id"], "{id}");
    }
}

backends!(faults_of_fields_and_references_come_together);
async fn faults_of_fields_and_references_come_together(service: Service) {
    let body = json!({"title": "", "price_usd": -1, "condition": "mint", "ram_gb": "many"});
    let mut places: Vec<String> =
        service.post(LISTING.path, &body).await.problem(422).faults.into_iter().map(|fault| fault.at).collect();
    places.sort_unstable();
    assert_eq!(places, ["#/condition", "#/price_usd", "#/ram_gb", "#/title"]);
}

backends!(a_reference_can_be_changed_and_cleared);
async fn a_reference_can_be_changed_and_cleared(service: Service) {
    let parts = parts(&service).await;
    let path = LISTING.at(&minimal(&service).await["id"]);
    for (field, id) in &parts {
        let row = service.patch(&path, &json!({field: id})).await.expect(200).json();
        assert_eq!(row[field], *id);
        let row = service.patch(&path, &json!({field: null})).await.expect(200).json();
        assert_eq!(row[field], Value::Null);
    }
    // PUT leaves out all of them.
    service.patch(&path, &Value::Object(parts.clone())).await.expect(200);
    let row = service.put(&path, &(LISTING.minimal)(2)).await.expect(200).json();
    for field in parts.keys() {
        assert_eq!(row[field], Value::Null, "{field}");
    }
}

backends!(one_row_may_be_primary_and_secondary_drive);
async fn one_row_may_be_primary_and_secondary_drive(service: Service) {
    let drive = service.create(&partbook_test_support::contract::STORAGE_PROFILE, 1).await;
    let mut body = with("primary_storage_profile_id", &drive["id"]);
    body["secondary_storage_profile_id"] = drive["id"].clone();
    let row = service.created(LISTING.path, &body).await;
    assert_eq!(row["primary_storage_profile"], drive);
    assert_eq!(row["secondary_storage_profile"], drive);
}
