//! Clients that go away: one line for them too.

use std::io::Read;

use serde_json::Value;

use partbook_test_support::contract::CPU;
use partbook_test_support::lock::Lock;
use partbook_test_support::log::is_summary;
use partbook_test_support::{Server, backends, wire};

/// The one line of a request, after a later request has had its own.
async fn only_line(service: &Server, id: &str) -> Value {
    service.lines_of(id).await;
    let later = service.get(CPU.at(&Value::from(1)).as_str()).await;
    service.lines_of(later.header("x-request-id").expect("an id")).await;
    let mut lines = service.lines_of(id).await;
    lines.retain(is_summary);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    lines.remove(0)
}

backends!(an_answer_that_is_not_taken_whole_is_cut);
async fn an_answer_that_is_not_taken_whole_is_cut(service: Server) {
    service.fill(&CPU, 30_000).await;
    let mut stream = wire::connect(service.address());
    wire::send(&mut stream, &format!("GET {} HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: cut\r\n\r\n", CPU.path));
    // Some of the list, of which there are megabytes.
    let mut begin = vec![0; 100_000];
    stream.read_exact(&mut begin).expect("the beginning of an answer");
    assert!(begin.starts_with(b"HTTP/1.1 200"));
    drop(stream);
    let line = only_line(&service, "cut").await;
    assert_eq!(line["message"], "answered");
    assert_eq!(line["cut"], true, "{line}");
    assert_eq!(line["status"], 200);
    assert_eq!(line["route"], CPU.path);
    assert!(line["bytes"].as_u64() > Some(50_000), "{line}");
    // It was no whole list, and is no less a request.
    let labels = [("method", "GET"), ("path", CPU.path), ("status", "200")];
    service.metrics_when(|scrape| scrape.value("http_requests_total", &labels) == Some(1.0)).await;
}

backends!(who_does_not_wait_for_an_answer_gave_it_up);
async fn who_does_not_wait_for_an_answer_gave_it_up(service: Server) {
    let row = service.create(&CPU, 1).await;
    let lock = Lock::take(service.database(), &CPU, &row["id"]).await;
    let mut stream = wire::connect(service.address());
    let (path, body) = (CPU.at(&row["id"]), r#"{"notes": "changed"}"#);
    let head =
        format!("PATCH {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: given-up\r\nContent-Type: application/json");
    wire::send(&mut stream, &format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    // The request waits for the row.
    let in_use = "partbook_db_pool_connections_in_use";
    service.metrics_when(|scrape| scrape.value(in_use, &[]) > Some(0.5)).await;
    drop(stream);
    let line = only_line(&service, "given-up").await;
    lock.release().await;
    assert_eq!(line["message"], "given up by the client before an answer");
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["span"]["method"], "PATCH");
    assert_eq!(line["span"]["path"], path.as_str());
    assert!(line["milliseconds"].as_f64() > Some(0.0), "{line}");
    for unknown in ["status", "bytes", "route"] {
        assert_eq!(line.get(unknown), None, "there was no answer: {line}");
    }
    let flying = |scrape: &partbook_test_support::prometheus::Scrape| scrape.value("http_requests_in_flight", &[]);
    let scrape = service.metrics_when(|scrape| flying(scrape) == Some(1.0)).await;
    let patches = scrape.sum("http_requests_total", &[("method", "PATCH")]);
    assert!(patches.abs() < 0.5, "a request without an answer is not counted as answered: {patches}");
}

backends!(half_a_body_is_answered_or_given_up_once: Sqlite);
async fn half_a_body_is_answered_or_given_up_once(service: Server) {
    let mut stream = wire::connect(service.address());
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: half\r\nContent-Type: application/json",
        CPU.path
    );
    wire::send(&mut stream, &format!("{head}\r\nContent-Length: 100\r\n\r\n{{\"name\": "));
    service.metrics_when(|scrape| scrape.value("http_requests_in_flight", &[]) == Some(2.0)).await;
    drop(stream);
    only_line(&service, "half").await;
    service.metrics_when(|scrape| scrape.value("http_requests_in_flight", &[]) == Some(1.0)).await;
}
