//! PostgreSQL databases whose encoding is not UTF-8: characters that it lacks, and bytes that are no text.

use serde_json::json;

use partbook_test_support::contract::{CPU, LISTING, PORTS_PROFILE, RAM_SPEC, catalog};
use partbook_test_support::{Backend, Database, Method, Service, backends, query};

/// Of every Unicode encoding and of no older one.
const LACKING: &str = "😀";

backends!(what_the_encoding_lacks_is_not_found: Postgres, Legacy);
async fn what_the_encoding_lacks_is_not_found(backend: Backend) {
    // The service knows the characters of the first, and has to ask for those of the second.
    for encoding in ["LATIN1", "EUC_JP"] {
        let service = Service::options().start_on(&Database::encoded(backend, encoding).await).await;
        for entity in catalog() {
            service.create(entity, 1).await;
            let answer = service.get(&query(entity.path, &[("search", LACKING)])).await.expect(200);
            assert!(answer.array().is_empty(), "{encoding}: {}", entity.name);
            let counted = service.request(Method::GET, &query(entity.path, &[("search", LACKING)]));
            let counted = counted.header("Prefer", "count=exact").send().await.expect(200);
            assert_eq!(counted.header("x-total-count").unwrap_or("0"), "0");
        }
        for (filters, rows) in [
            (&[("name", LACKING)][..], 0),
            (&[("manufacturer", LACKING)], 0),
            // Any of them: the one that can be stored is found.
            (&[("manufacturer", LACKING), ("manufacturer", "AMD")], 1),
            (&[("name", LACKING), ("name", "CPU 0001")], 1),
        ] {
            let answer = service.get(&query(CPU.path, filters)).await.expect(200);
            assert_eq!(answer.array().len(), rows, "{encoding}: {filters:?}");
        }
    }
}

backends!(what_the_encoding_lacks_is_an_error_of_its_field: Postgres, Legacy);
async fn what_the_encoding_lacks_is_an_error_of_its_field(backend: Backend) {
    let service = Service::options().start_on(&Database::encoded(backend, "LATIN1").await).await;
    let row = service.created(CPU.path, &json!({"name": "Prozeßor é", "manufacturer": "AMD"})).await;
    let check = |answer: partbook_test_support::Answer, places: &[&str]| {
        let problem = answer.problem(422);
        assert_eq!(problem.places(), places, "{}", problem.json);
        assert!(problem.faults.iter().all(|fault| fault.code == "encoding"), "{}", problem.json);
        assert!(problem.detail.contains("the encoding of the database, LATIN1, cannot store"), "{}", problem.detail);
    };
    let both = json!({"name": format!("Zen {LACKING}"), "manufacturer": "Æ", "notes": LACKING});
    check(service.post(CPU.path, &both).await, &["#/name", "#/notes"]);
    if backend == Backend::Postgres {
        let keyed = service.request(Method::POST, CPU.path).header("Idempotency-Key", "smile");
        check(keyed.json(&both).send().await, &["#/name", "#/notes"]);
    }
    let path = CPU.at(&row["id"]);
    check(service.patch(&path, &json!({"attributes": {"a": LACKING}})).await, &["#/attributes"]);
    check(service.patch(&path, &json!({"name": LACKING})).await, &["#/name"]);
    check(service.put(&path, &both).await, &["#/name", "#/notes"]);
    let record = json!({"fields": {"notes": LACKING}, "attributes": {LACKING: 1}});
    let answer = service.patch(&format!("/v1/fields-data/cpu/records/{}", row["id"]), &record).await;
    check(answer, &["#/fields/notes", "#/attributes"]);
    let ports = json!({"name": "P", "ports": [{"type": LACKING}]});
    check(service.post(PORTS_PROFILE.path, &ports).await, &["#/ports"]);
    check(service.post(RAM_SPEC.path, &json!({"total_capacity_gb": 8, "label": LACKING})).await, &["#/label"]);
    check(service.post(LISTING.path, &json!({"title": LACKING, "price_usd": 1})).await, &["#/title"]);
    assert_eq!(service.get(&path).await.expect(200).json(), row);
    assert_eq!(service.rows("select count(*)::text from cpu").await, [[Some("1".to_owned())]]);
}

backends!(bytes_that_are_no_text_are_no_fault_of_the_request: Postgres, Legacy);
async fn bytes_that_are_no_text_are_no_fault_of_the_request(backend: Backend) {
    let service = Service::options().start_on(&Database::encoded(backend, "SQL_ASCII").await).await;
    let bad = service.create(&CPU, 1).await;
    let good = service.create(&CPU, 2).await;
    service.sql(&format!("update cpu set notes = chr(255) where id = {}", bad["id"])).await;
    let path = CPU.at(&bad["id"]);
    service.get(CPU.path).await.problem(500);
    service.get(&path).await.problem(500);
    service.get(&format!("{}?limit=1", CPU.path)).await.problem(500);
    service.patch(&path, &json!({"cores": 2})).await.problem(500);
    service.get(&CPU.at(&good["id"])).await.expect(200);
    // Put right in the database, it is served again.
    service.sql(&format!("update cpu set notes = null where id = {}", bad["id"])).await;
    assert_eq!(service.get(CPU.path).await.expect(200).array().len(), 2);
    service.created(CPU.path, &json!({"name": LACKING, "manufacturer": "AMD"})).await;
    assert_eq!(service.get(&query(CPU.path, &[("search", LACKING)])).await.expect(200).array().len(), 1);
}
