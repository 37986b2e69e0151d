//! `Prefer: handling=strict`: members of a body that nothing is made of are refused (contract section 2).

use serde_json::{Value, json};

use partbook_test_support::body::with;
use partbook_test_support::contract::{CPU, LISTING, PORTS_PROFILE, PROFILE, catalog, entities};
use partbook_test_support::{Answer, Method, Service, backends};

const APPLIED: &str = "preference-applied";

async fn strictly(service: &Service, method: Method, path: &str, body: &Value) -> Answer {
    service.request(method, path).header("Prefer", "handling=strict").json(body).send().await
}

backends!(an_unknown_member_is_refused_with_the_nearest_name);
async fn an_unknown_member_is_refused_with_the_nearest_name(service: Service) {
    for entity in entities() {
        let row = service.create(entity, 1).await;
        let body = with((entity.minimal)(2), "note", json!(1));
        for (method, path) in [
            (Method::POST, entity.path.to_owned()),
            (Method::PUT, entity.at(&row["id"])),
            (Method::PATCH, entity.at(&row["id"])),
        ] {
            let answer = strictly(&service, method.clone(), &path, &body).await;
            assert_eq!(answer.header(APPLIED), Some("handling=strict"), "{method} {path}");
            let problem = answer.problem(422);
            assert_eq!(problem.places(), ["#/note"]);
            assert_eq!(problem.at("#/note").code, "unknown");
            let detail = &problem.at("#/note").detail;
            // Those without remarks have no name that is like it.
            let has_notes = entity.limits().any(|limit| limit.field == "notes");
            let expected = if has_notes { "is not known here; did you mean notes?" } else { "is not known here" };
            assert_eq!(detail, expected, "{}", entity.name);
        }
        assert_eq!(service.get(&entity.at(&row["id"])).await.json(), row);
        assert_eq!(service.get(entity.path).await.array().len(), 1, "nothing was made");
        // Without the preference it is ignored, and nothing is said of one.
        let made = service.post(entity.path, &body).await.expect(201);
        assert_eq!(made.header(APPLIED), None);
    }
}

backends!(a_row_can_be_sent_back_as_it_was_shown: Sqlite);
async fn a_row_can_be_sent_back_as_it_was_shown(service: Service) {
    for entity in entities() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        for method in [Method::PUT, Method::PATCH] {
            let answer = strictly(&service, method, &entity.at(&row["id"]), &row).await.expect(200);
            assert_eq!(answer.header(APPLIED), Some("handling=strict"));
            assert_eq!(answer.json(), row);
        }
        let records = format!("/v1/fields-data/{}/records", entity.name);
        let record = service.get(&records).await.json()["records"][0].clone();
        let path = format!("{records}/{}", row["id"]);
        assert_eq!(strictly(&service, Method::PATCH, &path, &record).await.expect(200).json(), record);
    }
}

backends!(every_fault_is_told_beside_the_unknown_ones: Sqlite, Postgres);
async fn every_fault_is_told_beside_the_unknown_ones(service: Service) {
    let body = json!({"name": "x", "manufacturer": 5, "core": 6, "attributes": {"own": 1}});
    let problem = strictly(&service, Method::POST, CPU.path, &body).await.problem(422);
    assert_eq!(problem.places(), ["#/manufacturer", "#/core"]);
    let body =
        json!({"title": "t", "price_usd": 1, "cpu_id": 4711, "prise": 1, "other_urls": [{"url": "http://a", "x": 1}]});
    let problem = strictly(&service, Method::POST, LISTING.path, &body).await.problem(422);
    assert_eq!(problem.places(), ["#/cpu_id", "#/prise", "#/other_urls/0/x"]);
    let body = json!({"name": "p", "ports": [{"type": "a"}, {"type": "b", "cont": 2}]});
    let problem = strictly(&service, Method::POST, PORTS_PROFILE.path, &body).await.problem(422);
    assert_eq!(problem.at("#/ports/1/cont").detail, "is not known here; did you mean count?");
    // A profile has no attributes.
    let body = json!({"name": "p", "weights_json": {"own": 1}, "attributes": {}});
    assert_eq!(strictly(&service, Method::POST, PROFILE.path, &body).await.problem(422).places(), ["#/attributes"]);
}

backends!(records_are_as_strict: Sqlite);
async fn records_are_as_strict(service: Service) {
    let body = json!({"fields": {"name": "x", "manufacturer": "y", "core": 6}, "attribute": {}, "cores": 4});
    let problem = strictly(&service, Method::POST, "/v1/fields-data/cpu/records", &body).await.problem(422);
    assert_eq!(problem.places(), ["#/attribute", "#/cores", "#/fields/core"]);
    assert_eq!(problem.at("#/attribute").detail, "is not known here; did you mean attributes?");
    assert_eq!(problem.at("#/cores").detail, "is not known here; it belongs into fields, as fields.cores");
    let body = json!({"fields": {"name": "x"}, "attributes": {"a": 1}});
    let problem = strictly(&service, Method::POST, "/v1/fields-data/profile/records", &body).await.problem(422);
    assert_eq!(problem.places(), ["#/attributes"]);
}

backends!(a_precondition_comes_before_an_unknown_member: Sqlite);
async fn a_precondition_comes_before_an_unknown_member(service: Service) {
    for entity in catalog() {
        let row = service.create(entity, 1).await;
        let request = service.request(Method::PATCH, &entity.at(&row["id"])).header("If-Match", "\"stale\"");
        request.header("Prefer", "handling=strict").json(&json!({"warp": 9})).send().await.problem(412);
    }
}

backends!(what_is_said_of_many_unknown_members_is_bounded: Sqlite);
async fn what_is_said_of_many_unknown_members_is_bounded(service: Service) {
    let many: serde_json::Map<String, Value> = (0..50_000).map(|n| (format!("warp{n}"), json!(n))).collect();
    let answer = strictly(&service, Method::POST, CPU.path, &Value::Object(many)).await.expect(422);
    assert!(answer.body.len() < 20_000, "{} bytes", answer.body.len());
    assert_eq!(answer.json()["errors_total"], 50_002);
}
