//! Every request is counted once, under its method, the template of its route, and the exact status.

use serde_json::{Value, json};

use super::Ledger;
use partbook_test_support::contract::{CPU, Entity, LISTING, entities, listing_that_uses};
use partbook_test_support::{Server, backends, wire};

/// Everything that a collection answers, once or twice.
async fn exercise(ledger: &mut Ledger<'_>, entity: &Entity) {
    let path = entity.path;
    let collection = format!("{path}/");
    let (item, listings) = (format!("{path}/{{id}}"), format!("{path}/{{id}}/listings"));

    let row = ledger.tell("POST", path, path, &(entity.minimal)(1), 201).await.json();
    let other = ledger.tell("POST", path, &collection, &(entity.minimal)(2), 201).await.json();
    ledger.tell("POST", path, path, &json!([]), 422).await;
    for (status, media, body) in [
        (400, "application/json", "{".to_owned()),
        (413, "application/json", " ".repeat((1 << 20) + 1)),
        (415, "text/plain", "{}".to_owned()),
    ] {
        let request = ledger.request("POST", path).header("Content-Type", media).body(body);
        ledger.note("POST", path, request).await.expect(status);
    }
    for list in [path, &collection, &format!("{path}?limit=1&sort=id"), &format!("{collection}?limit=1")] {
        ledger.ask("GET", path, list, 200).await;
        ledger.ask("HEAD", path, list, 200).await;
    }
    ledger.ask("GET", path, &format!("{path}?limit=0"), 422).await;
    for (method, status) in [("PUT", 405), ("PATCH", 405), ("DELETE", 405), ("OPTIONS", 204)] {
        ledger.ask(method, path, path, status).await;
        ledger.ask(method, path, &collection, status).await;
    }

    for at in [entity.at(&row["id"]), entity.at(&row["id"]) + "/"] {
        ledger.ask("GET", &item, &at, 200).await;
        ledger.ask("HEAD", &item, &at, 200).await;
        ledger.tell("PUT", &item, &at, &(entity.minimal)(1), 200).await;
        ledger.tell("PATCH", &item, &at, &json!({}), 200).await;
        ledger.tell("PATCH", &item, &at, &json!([]), 422).await;
        ledger.tell("POST", &item, &at, &json!({}), 405).await;
    }
    for (id, status) in [("4711", 404), ("0", 404), ("99999999999999999999", 404), ("x", 422), ("%20", 422)] {
        let at = format!("{path}/{id}");
        ledger.ask("GET", &item, &at, status).await;
        ledger.ask("DELETE", &item, &at, status).await;
        ledger.tell("PATCH", &item, &at, &json!({}), status).await;
        ledger.tell("PUT", &item, &at, &(entity.minimal)(3), status).await;
    }

    if let Some(field) = entity.used_through.first() {
        let uses = format!("{}/listings", entity.at(&row["id"]));
        for at in [uses.clone(), format!("{uses}/")] {
            ledger.ask("GET", &listings, &at, 200).await;
            ledger.ask("HEAD", &listings, &at, 200).await;
            ledger.ask("DELETE", &listings, &at, 405).await;
        }
        ledger.ask("GET", &listings, &format!("{path}/4711/listings"), 404).await;
        ledger.ask("GET", &listings, &format!("{path}/x/listings"), 422).await;
        let body = listing_that_uses(1, field, &row["id"]);
        ledger.tell("POST", LISTING.path, LISTING.path, &body, 201).await;
        ledger.ask("DELETE", &item, &entity.at(&row["id"]), 409).await;
    }
    ledger.ask("DELETE", &item, &entity.at(&other["id"]), 204).await;
    ledger.ask("DELETE", &item, &entity.at(&other["id"]), 404).await;
}

backends!(every_request_is_counted_once_under_its_route);
async fn every_request_is_counted_once_under_its_route(service: Server) {
    let mut ledger = Ledger::new(&service);
    for entity in entities() {
        exercise(&mut ledger, entity).await;
    }
    let scrape = ledger.agrees().await;

    // Every request has a duration too.
    for (method, path, _) in ledger.asked.keys() {
        let labels = [("method", method.as_str()), ("path", path.as_str())];
        let durations = scrape.value("http_request_duration_seconds_count", &labels);
        assert_eq!(durations, Some(scrape.sum("http_requests_total", &labels)), "{method} {path}");
    }
    let (durations, requests) = ("http_request_duration_seconds_count", "http_requests_total");
    assert!((scrape.sum(durations, &[]) - scrape.sum(requests, &[])).abs() < 0.5);
}

backends!(what_no_route_takes_is_one_path: Sqlite);
async fn what_no_route_takes_is_one_path(service: Server) {
    let mut ledger = Ledger::new(&service);
    for path in [
        "/warp",
        "/warp/",
        "/unmatched",
        "/v1",
        "/v1/catalog",
        "/v1/catalog/warp",
        "/v1/catalog/CPUS",
        "/v1/catalog/cpus/1/warp",
        "/v1/listings/1/listings",
        "/v1//catalog/cpus",
        "/metrics/cpu",
        "/docs/a/b",
        "/%ff",
        "/{id}",
    ] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            ledger.ask(method, "unmatched", path, 404).await;
        }
    }
    ledger.agrees().await;
}

backends!(what_is_no_method_of_http_is_one_method: Sqlite);
async fn what_is_no_method_of_http_is_one_method(service: Server) {
    let mut ledger = Ledger::new(&service);
    let item = format!("{}/{{id}}", CPU.path);
    for method in ["BREW", "get", "GETT", "PROPFIND", "M-SEARCH", "_OTHER", "!#$%&'*+-.^_`|~"] {
        for (template, path, status) in [
            (CPU.path, CPU.path, 405),
            (CPU.path, "/v1/catalog/cpus/", 405),
            (&item, "/v1/catalog/cpus/1", 405),
            ("unmatched", "/warp", 404),
        ] {
            let request = ledger.request(method, path);
            ledger.note("_OTHER", template, request).await.expect(status);
        }
    }
    ledger.agrees().await;
}

backends!(a_fault_of_the_service_keeps_its_route);
async fn a_fault_of_the_service_keeps_its_route(service: Server) {
    let mut ledger = Ledger::new(&service);
    service.sql("alter table cpu rename to cpu_gone").await;
    let item = format!("{}/{{id}}", CPU.path);
    ledger.ask("GET", CPU.path, CPU.path, 500).await;
    ledger.ask("GET", &item, "/v1/catalog/cpus/1", 500).await;
    ledger.ask("GET", &item, "/v1/catalog/cpus/1/", 500).await;
    ledger.tell("POST", CPU.path, CPU.path, &(CPU.minimal)(1), 500).await;
    ledger.ask("DELETE", &item, "/v1/catalog/cpus/1", 500).await;
    let scrape = ledger.agrees().await;
    let faults: f64 = ["GET", "POST", "DELETE"]
        .iter()
        .map(|method| scrape.sum("http_requests_total", &[("method", method), ("status", "500")]))
        .sum();
    assert!((faults - 5.0).abs() < 0.5, "{faults}");
}

backends!(a_list_in_pieces_is_counted_once);
async fn a_list_in_pieces_is_counted_once(service: Server) {
    service.fill(&CPU, 5_000).await;
    let mut ledger = Ledger::new(&service);
    let list = ledger.ask("GET", CPU.path, CPU.path, 200).await;
    assert!(list.header("content-length").is_none(), "a list as long as this one comes in pieces");
    assert_eq!(list.json().as_array().map(Vec::len), Some(5_000));
    ledger.agrees().await;
}

backends!(a_request_over_http_2_is_one_of_them: Sqlite);
async fn a_request_over_http_2_is_one_of_them(service: Server) {
    let mut ledger = Ledger::new(&service);
    for _ in 0..3 {
        ledger.ask("GET", CPU.path, CPU.path, 200).await;
        assert_eq!(wire::http2(service.address(), "GET", CPU.path, &[], ""), "[]");
    }
    ledger.asked.values_mut().for_each(|times| *times *= 2);
    let scrape = ledger.agrees().await;
    service.metrics_when(|scrape| scrape.value("http_requests_in_flight", &[]) == Some(1.0)).await;
    assert_eq!(
        scrape.value("http_request_duration_seconds_count", &[("method", "GET"), ("path", CPU.path)]),
        Some(6.0)
    );
}

backends!(the_figures_count_themselves: Sqlite);
async fn the_figures_count_themselves(service: Server) {
    let labels = [("method", "GET"), ("path", "/metrics"), ("status", "200")];
    assert_eq!(service.metrics().await.value("http_requests_total", &labels), None, "the first is not answered yet");
    service.metrics_when(|scrape| scrape.value("http_requests_total", &labels).is_some()).await;
    service.post("/metrics", &Value::Null).await.problem(405);
    let refused = [("method", "POST"), ("path", "/metrics"), ("status", "405")];
    service.metrics_when(|scrape| scrape.value("http_requests_total", &refused) == Some(1.0)).await;
}
