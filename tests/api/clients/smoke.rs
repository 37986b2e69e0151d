//! The deployment's smoke script: it asks in this order, expects 200 each time, and stops at the first other answer.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use partbook_test_support::contract::{
    CPU, Entity, GPU, LISTING, PORTS_PROFILE, PROFILE, RAM_SPEC, STORAGE_PROFILE, entities, listing_that_uses,
};
use partbook_test_support::{Service, backends};

const ORDER: [&Entity; 6] = [&CPU, &GPU, &RAM_SPEC, &STORAGE_PROFILE, &PORTS_PROFILE, &PROFILE];

async fn smoke(service: &Service) {
    let health = service.get("/health").await.expect(200).json();
    assert_eq!(health["status"], "ok");
    for entity in ORDER {
        // Old rows hold documents that a parser refuses; the script has none of them parsed but the first.
        let rows = service.get(&format!("{}?limit=10", entity.path)).await.expect(200);
        let rows: Vec<Box<RawValue>> = serde_json::from_str(rows.text()).expect("an array");
        let first = rows.first().unwrap_or_else(|| panic!("the script needs a row of {}", entity.name));
        let first: Value = serde_json::from_str(first.get()).expect("a row");
        let path = entity.at(&first["id"]);
        service.get(&path).await.expect(200);
        let field = if entity.name == "profile" { "description" } else { "notes" };
        let changed = service.patch(&path, &json!({field: "Smoke test update"})).await.expect(200).json();
        // A ports profile has no notes; the script does not mind.
        if entity.name != "ports_profile" {
            assert_eq!(changed[field], "Smoke test update");
        }
        service.get(&format!("{path}/listings?limit=10")).await.expect(200).array();
    }
    let known = service.get("/v1/fields-data/entities").await.expect(200).json();
    assert_eq!(known["entities"].as_array().map(Vec::len), Some(entities().len()));
    for entity in [&CPU, &GPU, &PROFILE] {
        let schema = service.get(&format!("/v1/fields-data/{}/schema", entity.name)).await.expect(200).json();
        assert!(schema["fields"].as_array().is_some_and(|fields| !fields.is_empty()));
    }
}

backends!(the_smoke_script_passes: Sqlite, Postgres, Legacy);
async fn the_smoke_script_passes(service: Service) {
    for entity in ORDER {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        service.created(LISTING.path, &listing_that_uses(1, entity.used_through[0], &row["id"])).await;
    }
    smoke(&service).await;
    smoke(&service).await;
}

#[tokio::test]
async fn the_smoke_script_passes_on_old_rows() {
    let service = Service::legacy_with_rows().await;
    smoke(&service).await;
    smoke(&service).await;
}

backends!(a_script_that_counts_with_jq_counts_all: Sqlite);
async fn a_script_that_counts_with_jq_counts_all(service: Service) {
    for entity in entities().into_iter().filter(|entity| entity.default_limit.is_none()) {
        service.fill(entity, 1_234).await;
        assert_eq!(service.get(entity.path).await.expect(200).array().len(), 1_234, "{}", entity.name);
        assert_eq!(service.get(&format!("{}/", entity.path)).await.expect(200).array().len(), 1_234);
    }
}
