//! The figures as a whole: their format, what they are called, what they never say.

use std::collections::BTreeSet;

use serde_json::json;

use partbook_test_support::contract::{CPU, LISTING, PORTS_PROFILE, entities, listing_that_uses};
use partbook_test_support::prometheus::scraped;
use partbook_test_support::{Method, Server, backends};

backends!(the_figures_are_called_as_documented);
async fn the_figures_are_called_as_documented(service: Server) {
    service.get(CPU.path).await.expect(200);
    let scrape = service.metrics_when(|scrape| scrape.types().contains_key("http_requests_total")).await;
    for (name, kind) in [
        ("http_requests_total", "counter"),
        ("http_request_duration_seconds", "histogram"),
        ("http_requests_in_flight", "gauge"),
        ("partbook_db_pool_connections_max", "gauge"),
        ("partbook_db_pool_connections", "gauge"),
        ("partbook_db_pool_connections_in_use", "gauge"),
        ("partbook_db_pool_wait_seconds", "histogram"),
        ("partbook_db_pool_timeouts_total", "counter"),
        ("partbook_db_operation_duration_seconds", "histogram"),
        ("partbook_deletes_refused_total", "counter"),
        ("partbook_rows", "gauge"),
        ("partbook_schema_version", "gauge"),
        ("partbook_migrations_pending", "gauge"),
        ("partbook_schema_drift", "gauge"),
        ("partbook_migrations_total", "counter"),
        ("partbook_migrations_last_run_failed", "gauge"),
        ("partbook_backup_last_verified_timestamp_seconds", "gauge"),
        ("partbook_backup_size_bytes", "gauge"),
        ("partbook_backup_duration_seconds", "gauge"),
        ("partbook_backup_last_attempt_timestamp_seconds", "gauge"),
        ("partbook_backup_last_attempt_failed", "gauge"),
        ("partbook_db_slow_statements_total", "counter"),
        ("partbook_connections", "gauge"),
        ("partbook_connections_max", "gauge"),
        ("partbook_pending_answer_bytes_max", "gauge"),
        ("partbook_body_bytes_max", "gauge"),
        ("partbook_idempotency_bytes_max", "gauge"),
        ("partbook_cpus", "gauge"),
        ("partbook_build_info", "gauge"),
        ("process_cpu_seconds_total", "counter"),
        ("process_open_fds", "gauge"),
        ("process_max_fds", "gauge"),
        ("process_resident_memory_bytes", "gauge"),
        ("process_virtual_memory_bytes", "gauge"),
        ("process_start_time_seconds", "gauge"),
    ] {
        assert_eq!(scrape.types().get(name).map(String::as_str), Some(kind), "{name}");
    }
    for name in ["process_open_fds", "process_resident_memory_bytes", "process_start_time_seconds"] {
        assert!(scrape.value(name, &[]) > Some(0.0), "{name}");
    }
    let families: BTreeSet<&str> = scrape.types().keys().map(String::as_str).collect();
    let of_others =
        families.iter().filter(|name| !["http_", "partbook_", "process_"].iter().any(|begin| name.starts_with(begin)));
    assert_eq!(of_others.count(), 0, "{families:?}");
}

backends!(the_build_is_named: Sqlite);
async fn the_build_is_named(service: Server) {
    let health = service.get("/health").await.json();
    let scrape = service.metrics().await;
    let builds = scrape.label_sets("partbook_build_info");
    let [build] = &builds[..] else { panic!("one build: {builds:?}") };
    assert_eq!(health["version"], build["version"]);
    assert_eq!(health["commit"], build["commit"]);
    assert!(!build["commit"].is_empty());
    assert!((scrape.sum("partbook_build_info", &[]) - 1.0).abs() < f64::EPSILON);
}

backends!(head_and_a_trailing_slash_are_tolerated: Sqlite);
async fn head_and_a_trailing_slash_are_tolerated(service: Server) {
    scraped(&service.get("/metrics/").await);
    scraped(&service.get("/metrics?name[]=up").await);
    let head = service.request(Method::HEAD, "/metrics").send().await.expect(200);
    assert!(head.body.is_empty());
    assert!(head.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")));
    // What Prometheus sends.
    let accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1";
    scraped(&service.request(Method::GET, "/metrics").header("Accept", accept).send().await);
}

backends!(no_figure_tells_of_a_row);
async fn no_figure_tells_of_a_row(service: Server) {
    const SECRET: &str = "Needle4711";
    const ID: i64 = 918_273_645;
    for entity in entities() {
        let mut body = (entity.full)(1);
        body[entity.note()] = json!(SECRET);
        if entity.name == PORTS_PROFILE.name {
            // They would hold its id.
            body["ports"] = json!([]);
        }
        for name in ["name", "title", "label"] {
            if body.get(name).is_some() {
                body[name] = json!(format!("{SECRET} {name}"));
            }
        }
        let row = service.created(entity.path, &body).await;
        service.sql(&format!("update {} set id = {ID} where id = {}", entity.table, row["id"])).await;
        let path = format!("{}/{ID}", entity.path);
        service.get(&path).await.expect(200);
        service.put(&path, &(entity.minimal)(2)).await.expect(200);
        service.patch(&path, &json!({entity.note(): SECRET})).await.expect(200);
        service.get(&format!("{}?search={SECRET}", entity.path)).await.expect(200);
        service.get(&format!("{}?{SECRET}={SECRET}", entity.path)).await.problem(422);
        service.patch(&path, &json!({SECRET: SECRET, "name": [SECRET], "title": [SECRET]})).await;
        if let Some(field) = entity.used_through.first() {
            service.created(LISTING.path, &listing_that_uses(1, field, &json!(ID))).await;
            service.get(&format!("{path}/listings")).await.expect(200);
            service.delete(&path).await.problem(409);
        } else {
            service.delete(&path).await.expect(204);
        }
        service.get(&format!("/{SECRET}/{ID}")).await.problem(404);
        let figures = service.get("/metrics").await;
        scraped(&figures);
        for told in [SECRET, &SECRET.to_lowercase(), &ID.to_string()] {
            assert!(!figures.text().contains(told), "{told} of {}", entity.name);
        }
    }
}
