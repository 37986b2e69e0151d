//! What the server's span says of requests that most clients would not make so.

use std::io::{Read, Write};

use serde_json::{Value, json};

use super::collector::{Collector, Transport};
use super::{Caller, Trace, all_of, traced};
use partbook_test_support::{Backend, wire};

/// The trace of a request that is sent as it stands, its `traceparent` aside, and the answer to it.
async fn trace_of(request: &[u8]) -> (Trace, String) {
    let collector = Collector::start().await;
    let service = traced(&collector, Transport::Http).start(Backend::Sqlite).await;
    let caller = Caller::number(1);
    let mut stream = wire::connect(service.address());
    stream.write_all(request).expect("a request");
    wire::send(&mut stream, &format!("traceparent: {}\r\nConnection: close\r\n\r\n", caller.traceparent(true)));
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    (caller.trace(&all_of(service, &collector).await), answer)
}

#[tokio::test]
async fn the_address_is_the_one_that_the_client_used() {
    for (host, address, port) in [
        ("parts.example:8080", "parts.example", json!(8080)),
        ("parts.example", "parts.example", Value::Null),
        ("[::1]:8080", "::1", json!(8080)),
        ("[::1]", "::1", Value::Null),
    ] {
        let (trace, _) = trace_of(format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n").as_bytes()).await;
        let found = trace.server.attribute("server.address").as_str().unwrap_or_default();
        // With brackets or without: the conventions leave it open.
        assert_eq!(found.trim_matches(['[', ']']), address, "Host: {host}");
        assert_eq!(found.contains('['), found.contains(']'), "Host: {host}: {found}");
        let found = trace.server.attribute("server.port");
        // Without one, the scheme says it.
        assert!(*found == port || (port.is_null() && *found == 80), "Host: {host}: {found}");
    }
}

#[tokio::test]
async fn a_method_that_http_does_not_know_makes_no_names() {
    let (trace, answer) = trace_of(b"BREW /v1/catalog/cpus HTTP/1.1\r\nHost: localhost\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    assert_eq!(trace.server.attribute("http.request.method"), "_OTHER");
    assert_eq!(trace.server.attribute("http.request.method_original"), "BREW");
    // In a span's name the conventions want `HTTP` in its place.
    assert_eq!(trace.server.name, "HTTP /v1/catalog/cpus");
    let (trace, _) = trace_of(b"BREW /pot HTTP/1.1\r\nHost: localhost\r\n").await;
    assert_eq!(trace.server.name, "HTTP");
}

#[tokio::test]
async fn the_version_of_http_is_told() {
    let (trace, answer) = trace_of(b"GET /livez HTTP/1.0\r\nHost: localhost\r\n").await;
    assert!(answer.contains(" 200 OK"), "{answer}");
    assert_eq!(trace.server.attribute("network.protocol.version"), "1.0");

    let collector = Collector::start().await;
    let service = traced(&collector, Transport::Grpc).start(Backend::Sqlite).await;
    let caller = Caller::number(1);
    let headers = [("traceparent", &*caller.traceparent(true))];
    assert_eq!(wire::http2(service.address(), "GET", "/v1/catalog/cpus", &headers, ""), "[]");
    let trace = caller.trace(&all_of(service, &collector).await);
    assert_eq!(trace.server.name, "GET /v1/catalog/cpus");
    assert_eq!(trace.server.attribute("network.protocol.version"), "2");
    assert_eq!(trace.server.attribute("url.path"), "/v1/catalog/cpus");
    // HTTP/2 says in `:authority` what HTTP/1.1 says in `Host`.
    assert_eq!(trace.server.attribute("server.address"), "localhost");
}

#[tokio::test]
async fn what_is_no_text_is_left_out() {
    let (trace, _) = trace_of(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \xff\xfe\r\n").await;
    assert_eq!(trace.server.attribute("user_agent.original"), &Value::Null);
    assert_eq!(trace.server.attribute("http.route"), "/livez");
}
