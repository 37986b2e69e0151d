//! What a start does to a legacy database, which is nothing, and what it asks of it.

use serde_json::json;

use partbook_test_support::contract::{LISTING, PORTS_PROFILE, PROFILE, catalog, entities, listing_that_uses};
use partbook_test_support::{Database, Service};

/// One of everything: created, used, changed, listed, refused and deleted again, and the metadata screen beside it.
async fn use_it(service: &Service) {
    for entity in catalog() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let path = entity.at(&row["id"]);
        service.patch(&path, &json!({entity.note(): "changed"})).await.expect(200);
        service.put(&path, &(entity.full)(2)).await.expect(200);
        service.get(entity.path).await.expect(200);
        service.get(&format!("{path}/listings")).await.expect(200);
        for through in entity.used_through {
            let listing = listing_that_uses(1, through, &row["id"]);
            let listing = LISTING.at(&service.created(LISTING.path, &listing).await["id"]);
            service.delete(&path).await.problem(409);
            service.delete(&listing).await.expect(204);
        }
        service.delete(&path).await.expect(204);
    }
    // A default moves, ports come and go.
    let profile = service.created(PROFILE.path, &json!({"name": "New", "weights_json": {}, "is_default": true})).await;
    service.delete(&PROFILE.at(&profile["id"])).await.problem(409);
    let ports = PORTS_PROFILE.at(&service.created(PORTS_PROFILE.path, &(PORTS_PROFILE.full)(1)).await["id"]);
    service.patch(&ports, &json!({"ports": [{"type": "usb_a", "count": 1}, {"type": "dp"}]})).await.expect(200);
    let listing = LISTING.at(&service.created(LISTING.path, &(LISTING.full)(1)).await["id"]);
    service.patch(&listing, &json!({"price_usd": 1})).await.expect(200);
    service.put(&listing, &(LISTING.minimal)(1)).await.expect(200);
    for entity in entities() {
        let name = entity.name;
        service.get(&format!("/v1/fields-data/{name}/schema")).await.expect(200);
        service.get(&format!("/v1/fields-data/{name}/records?limit=1")).await.expect(200);
        let record = json!({"fields": (entity.minimal)(1_999)});
        service.post(&format!("/v1/fields-data/{name}/records"), &record).await.expect(201);
    }
    for path in ["/health", "/readyz", "/openapi.json", "/v1/listings"] {
        service.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn no_ddl_is_executed() {
    let database = Database::legacy_with_rows();
    let before = database.schema().await;
    let service = Service::options().start_on(&database).await;
    use_it(&service).await;
    service.stop().await;
    assert_eq!(database.schema().await, before);
}

#[tokio::test]
async fn a_role_that_may_create_nothing_suffices() {
    let database = Database::legacy_with_rows();
    let url = database.restricted_url().await;
    let service = Service::options().url(&url).start_on(&database).await;
    use_it(&service).await;
}

#[tokio::test]
async fn a_role_that_may_write_nothing_reads_all_the_same() {
    let database = Database::legacy_with_rows();
    let url = database.restricted_url().await;
    let role = reqwest::Url::parse(&url).expect("a URL").username().to_owned();
    database.sql(&format!("revoke insert, update, delete on all tables in schema public from {role}")).await;
    let service = Service::options().url(&url).start_on(&database).await;
    for entity in entities() {
        service.get(entity.path).await.expect(200);
        let answer = service.post(entity.path, &(entity.minimal)(1_999)).await;
        assert!(answer.header("retry-after").is_some());
        answer.problem(503);
    }
}
