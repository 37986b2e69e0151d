//! The database seen through the figures: connections, operations, refused deletes, rows.

use std::collections::BTreeMap;

use serde_json::json;

use partbook_test_support::contract::{
    CPU, Entity, LISTING, PROFILE, catalog, entities, in_listings, listing_that_uses,
};
use partbook_test_support::lock::Lock;
use partbook_test_support::prometheus::Scrape;
use partbook_test_support::{Answer, Backend, Database, Method, Server, backends, together};

const OPERATIONS: &str = "partbook_db_operation_duration_seconds";
const OPERATION_NAMES: [&str; 6] = ["list", "get", "create", "update", "partial_update", "delete"];
const ERRORS: &str = "partbook_db_operation_errors_total";
const REFUSED: &str = "partbook_deletes_refused_total";
const IN_USE: &str = "partbook_db_pool_connections_in_use";
const TIMEOUTS: &str = "partbook_db_pool_timeouts_total";

backends!(what_may_rise_is_there_from_the_start);
async fn what_may_rise_is_there_from_the_start(service: Server) {
    let scrape = service.metrics().await;
    assert_eq!(scrape.value(TIMEOUTS, &[]), Some(0.0));
    assert!(scrape.value("partbook_db_pool_wait_seconds_count", &[]).is_some());
    for entity in entities() {
        assert_eq!(scrape.value(REFUSED, &[("entity", entity.name)]), Some(0.0), "{}", entity.name);
        assert_eq!(scrape.value("partbook_rows", &[("entity", entity.name)]), Some(0.0), "{}", entity.name);
    }
    assert_eq!(scrape.label_sets(REFUSED).len(), entities().len());
    assert_eq!(scrape.label_sets("partbook_rows").len(), entities().len());
}

backends!(a_connection_at_work_is_in_use);
async fn a_connection_at_work_is_in_use(backend: Backend) {
    let service = Server::options().env("PARTBOOK_POOL_SIZE", "3").start(backend).await;
    let row = service.create(&CPU, 1).await;
    let scrape = service.metrics_when(|scrape| scrape.value(IN_USE, &[]) == Some(0.0)).await;
    assert_eq!(scrape.value("partbook_db_pool_connections_max", &[]), Some(3.0));
    let waits = scrape.value("partbook_db_pool_wait_seconds_count", &[]).expect("a count");
    assert!(waits >= 1.0, "the row was not written without a connection");

    let lock = Lock::take(service.database(), &CPU, &row["id"]).await;
    let request = service.request(Method::PATCH, &CPU.at(&row["id"])).json(&json!({"notes": "changed"}));
    let waiting = tokio::spawn(request.send());
    let scrape = service.metrics_when(|scrape| scrape.value(IN_USE, &[]) == Some(1.0)).await;
    let open = scrape.value("partbook_db_pool_connections", &[]).expect("a gauge");
    assert!((1.0..=3.0).contains(&open), "{open}");
    lock.release().await;
    waiting.await.expect("an answer").expect(200);
    let scrape = service.metrics_when(|scrape| scrape.value(IN_USE, &[]) == Some(0.0)).await;
    assert!(scrape.value("partbook_db_pool_wait_seconds_count", &[]) > Some(waits));
    assert_eq!(scrape.value(TIMEOUTS, &[]), Some(0.0));
}

// On SQLite writers wait for their turn, and have no connection meanwhile.
backends!(who_gets_no_connection_in_time_is_counted: Postgres);
async fn who_gets_no_connection_in_time_is_counted(backend: Backend) {
    let service = Server::options().env("PARTBOOK_POOL_SIZE", "1").start(backend).await;
    let row = service.create(&CPU, 1).await;
    let lock = Lock::take(service.database(), &CPU, &row["id"]).await;
    // One after another waits for the lock until it gives up, and the last ones for the only connection.
    let patch = || service.request(Method::PATCH, &CPU.at(&row["id"])).json(&json!({"notes": "changed"}));
    let sent = tokio::spawn(together((0..6).map(|_| patch()).collect::<Vec<_>>()));
    // Figures do not wait for a connection.
    service.metrics_when(|scrape| scrape.value(IN_USE, &[]) == Some(1.0)).await;
    let answers = sent.await.expect("answers");
    lock.release().await;
    let is_saturation = |answer: &&Answer| answer.problem(503).detail.contains("no database connection");
    let timeouts = u8::try_from(answers.iter().filter(is_saturation).count()).expect("six at most");
    assert!((1..6).contains(&timeouts), "{timeouts} of 6");
    let scrape = service.metrics().await;
    assert_eq!(scrape.value(TIMEOUTS, &[]), Some(f64::from(timeouts)));
    let labels = [("operation", "partial_update"), ("entity", "cpu"), ("kind", "unavailable")];
    assert_eq!(scrape.value(ERRORS, &labels), Some(6.0));
}

backends!(a_list_that_gets_no_turn_is_counted_too: Postgres);
async fn a_list_that_gets_no_turn_is_counted_too(backend: Backend) {
    let service = Server::options().env("PARTBOOK_POOL_SIZE", "1").start(backend).await;
    let lock = Lock::by(service.database(), "lock table cpu in access exclusive mode").await;
    // One after another waits for the table until it gives up, and the last ones for their turn.
    let answers = together((0..6).map(|_| service.request(Method::GET, CPU.path))).await;
    lock.release().await;
    let is_saturation = |answer: &&Answer| answer.problem(503).detail.contains("no database connection");
    let timeouts = u8::try_from(answers.iter().filter(is_saturation).count()).expect("six at most");
    assert!((1..6).contains(&timeouts), "{timeouts} of 6");
    assert_eq!(service.metrics().await.value(TIMEOUTS, &[]), Some(f64::from(timeouts)), "the clients were told of it");
}

/// Asks for every operation of an entity, and how often each must have run.
async fn operate(service: &Server, entity: &Entity) -> BTreeMap<&'static str, f64> {
    let row = service.create(entity, 1).await;
    let other = service.create(entity, 2).await;
    let path = entity.at(&row["id"]);
    service.get(&path).await.expect(200);
    service.get(entity.path).await.expect(200);
    let counted = service.request(Method::GET, entity.path).header("Prefer", "count=exact").send().await;
    assert_eq!(counted.expect(200).header("x-total-count"), Some("2"));
    service.put(&path, &(entity.minimal)(1)).await.expect(200);
    service.patch(&path, &json!({})).await.expect(200);
    service.patch(&path, &json!({entity.note(): "changed"})).await.expect(200);
    service.delete(&entity.at(&other["id"])).await.expect(204);
    service.get(&format!("/v1/fields-data/{}/schema", entity.name)).await.expect(200);
    let mut times = BTreeMap::from([
        ("create", 2.0),
        ("get", 1.0),
        ("list", 2.0),
        ("count", 1.0),
        ("update", 1.0),
        ("partial_update", 2.0),
        ("delete", 1.0),
    ]);
    if !entity.used_through.is_empty() {
        service.get(&format!("{path}/listings")).await.expect(200);
        let listings = service.request(Method::GET, &format!("{path}/listings")).header("Prefer", "count=exact");
        assert_eq!(listings.send().await.expect(200).header("x-total-count"), Some("0"));
        times.insert("listings", 2.0);
        times.insert("count_listings", 1.0);
        // Whether the row is there is looked up first.
        times.insert("get", 3.0);
    }
    times
}

backends!(every_operation_has_its_durations);
async fn every_operation_has_its_durations(service: Server) {
    for entity in entities() {
        let times = operate(&service, entity).await;
        let scrape = service.metrics().await;
        for (operation, times) in &times {
            let labels = [("operation", *operation), ("entity", entity.name)];
            let count = scrape.value(&format!("{OPERATIONS}_count"), &labels);
            assert_eq!(count, Some(*times), "{operation} of {}", entity.name);
        }
        let sets = scrape.label_sets(&format!("{OPERATIONS}_count")).into_iter();
        let named = sets.filter(|labels| labels["entity"] == entity.name).map(|labels| labels["operation"].clone());
        let unknown: Vec<String> = named.filter(|operation| !times.contains_key(operation.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?} of {}", entity.name);
    }
    let scrape = service.metrics().await;
    assert!(scrape.label_sets(ERRORS).is_empty(), "nothing failed");
}

backends!(a_refusal_is_no_failure);
async fn a_refusal_is_no_failure(service: Server) {
    for entity in in_listings() {
        let row = service.create(entity, 1).await;
        let path = entity.at(&row["id"]);
        let use_ = listing_that_uses(1, entity.used_through[0], &row["id"]);
        service.created(LISTING.path, &use_).await;
        service.delete(&path).await.problem(409);
        service.get(&format!("{}/4711", entity.path)).await.problem(404);
        service.post(entity.path, &json!({})).await.problem(422);
        service.patch(&format!("{}/4711", entity.path), &json!({})).await.problem(404);
    }
    assert!(service.metrics().await.label_sets(ERRORS).is_empty());
}

backends!(an_operation_that_fails_is_counted);
async fn an_operation_that_fails_is_counted(service: Server) {
    for entity in catalog() {
        let (table, path) = (entity.table, format!("{}/1", entity.path));
        service.sql(&format!("alter table {table} rename to {table}_gone")).await;
        service.get(entity.path).await.problem(500);
        service.get(&path).await.problem(500);
        service.post(entity.path, &(entity.minimal)(1)).await.problem(500);
        service.put(&path, &(entity.minimal)(1)).await.problem(500);
        service.patch(&path, &json!({})).await.problem(500);
        service.delete(&path).await.problem(500);
        service.sql(&format!("alter table {table}_gone rename to {table}")).await;
        let scrape = service.metrics().await;
        for operation in OPERATION_NAMES {
            let labels = [("operation", operation), ("entity", entity.name)];
            let internal = [labels[0], labels[1], ("kind", "internal")];
            assert_eq!(scrape.value(ERRORS, &internal), Some(1.0), "{operation} of {}", entity.name);
            // It took its time nevertheless.
            assert_eq!(scrape.value(&format!("{OPERATIONS}_count"), &labels), Some(1.0), "{operation}");
        }
    }
    assert_eq!(service.metrics().await.label_sets(ERRORS).len(), OPERATION_NAMES.len() * catalog().len());
}

backends!(a_refused_delete_is_counted);
async fn a_refused_delete_is_counted(service: Server) {
    let refused = |scrape: &Scrape, entity: &Entity| scrape.value(REFUSED, &[("entity", entity.name)]);
    for entity in in_listings() {
        let row = service.create(entity, 1).await;
        let use_ = listing_that_uses(1, entity.used_through[0], &row["id"]);
        let listing = service.created(LISTING.path, &use_).await;
        for times in 1..=3 {
            service.delete(&entity.at(&row["id"])).await.problem(409);
            assert_eq!(refused(&service.metrics().await, entity), Some(f64::from(times)), "{}", entity.name);
        }
        service.delete(&LISTING.at(&listing["id"])).await.expect(204);
        service.delete(&entity.at(&row["id"])).await.expect(204);
        service.delete(&entity.at(&row["id"])).await.problem(404);
        assert_eq!(refused(&service.metrics().await, entity), Some(3.0), "{}", entity.name);
    }
    assert_eq!(refused(&service.metrics().await, &LISTING), Some(0.0));
    // What must stay is refused as well.
    let body = json!({"name": "Default", "weights_json": {}, "is_default": true});
    let row = service.created(PROFILE.path, &body).await;
    service.delete(&PROFILE.at(&row["id"])).await.problem(409);
    assert_eq!(refused(&service.metrics().await, &PROFILE), Some(4.0));
}

/// Demands that the rows of every entity are counted right.
async fn rows_are_right(service: &Server) {
    let scrape = service.metrics().await;
    for entity in entities() {
        let count = service.database().value(&format!("select count(*) from {}", entity.table)).await;
        let count: f64 = count.and_then(|count| count.parse().ok()).expect("a number");
        assert!(count > 0.0, "nothing to count: {}", entity.name);
        assert_eq!(scrape.value("partbook_rows", &[("entity", entity.name)]), Some(count), "{}", entity.name);
    }
}

backends!(rows_are_counted);
async fn rows_are_counted(backend: Backend) {
    let service = Server::start(backend).await;
    for entity in entities() {
        service.create(entity, 1).await;
    }
    rows_are_right(&service).await;
}

#[tokio::test]
async fn rows_of_a_legacy_catalog_are_counted() {
    let database = Database::legacy_with_rows();
    let service = Server::options().start_on(&database).await;
    // A part that came later has no old rows.
    for entity in entities() {
        service.create(entity, 1_999).await;
    }
    rows_are_right(&service).await;
}

backends!(figures_need_no_table);
async fn figures_need_no_table(service: Server) {
    service.sql("alter table cpu rename to cpu_gone").await;
    let scrape = service.metrics().await;
    assert!(scrape.label_sets("partbook_rows").is_empty(), "no count is better than a wrong one");
    assert_eq!(scrape.value("http_requests_in_flight", &[]), Some(1.0));
    service.sql("alter table cpu_gone rename to cpu").await;
    // They are counted again at once, and not in a minute.
    assert_eq!(service.metrics().await.label_sets("partbook_rows").len(), entities().len());
}

backends!(figures_wait_for_no_lock: Postgres);
async fn figures_wait_for_no_lock(service: Server) {
    let lock = Lock::by(service.database(), "lock table cpu in access exclusive mode").await;
    // More scrapes than there are connections.
    for _ in 0..12 {
        assert!(service.metrics().await.label_sets("partbook_rows").is_empty());
    }
    lock.release().await;
    let are_counted = |scrape: &Scrape| scrape.label_sets("partbook_rows").len() == entities().len();
    service.metrics_when(are_counted).await;
    service.get(CPU.path).await.expect(200);
}
