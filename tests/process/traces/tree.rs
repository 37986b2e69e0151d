//! The spans of one request, from the server's down to the statements, attribute by attribute.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use reqwest::Url;
use serde_json::{Value, json};

use super::collector::{Collector, Span, TRANSPORTS};
use super::{Caller, Trace, all_of, traced};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Database, Method, backends};

backends!(a_patch_is_one_tree);
async fn a_patch_is_one_tree(backend: Backend) {
    for transport in TRANSPORTS {
        let collector = Collector::start().await;
        let service = traced(&collector, transport).start(backend).await;
        let cpu = service.created(CPU.path, &json!({"name": "Needle Zen", "manufacturer": "Needle Inc."})).await;
        let path = CPU.at(&cpu["id"]);
        let caller = Caller::number(1);
        let change = json!({"notes": "needle", "cores": 77, "attributes": {"needle": ["needle"]}});
        let request = service.request(Method::PATCH, &path).header("User-Agent", "tests/1.0").merge_patch(&change);
        caller.send(request.header("tracestate", "vendor=opaque")).await.expect(200);
        let (address, database) = (service.address().to_owned(), service.database().clone());
        let trace = caller.trace(&all_of(service, &collector).await);

        let (_, port) = address.rsplit_once(':').expect("a port");
        assert_eq!((trace.server.name.as_str(), trace.server.kind), ("PATCH /v1/catalog/cpus/{id}", SpanKind::Server));
        assert_eq!(trace.server.status, StatusCode::Unset);
        assert_eq!(trace.server.state, "vendor=opaque");
        let expected = json!({
            "client.address": "127.0.0.1",
            "http.request.method": "PATCH",
            "http.response.status_code": 200,
            "http.route": "/v1/catalog/cpus/{id}",
            "network.protocol.version": "1.1",
            "server.address": "127.0.0.1",
            "server.port": port.parse::<u16>().expect("a number"),
            "url.path": path,
            "url.scheme": "http",
            "user_agent.original": "tests/1.0",
        });
        assert_eq!(json!(trace.server.attributes), expected);

        trace.ends_with_the_server();
        assert_eq!(trace.operations(), ["catalog.partial_update_cpu"]);
        let operation = trace.named("catalog.partial_update_cpu");
        assert_eq!((operation.kind, operation.status), (SpanKind::Internal, StatusCode::Unset));
        assert_eq!(trace.names_under(operation), ["BEGIN", "SELECT cpu", "UPDATE cpu", "COMMIT"]);
        assert_eq!(trace.below.len(), 5);
        for statement in trace.under(operation) {
            let from_begin_on = operation.begin <= statement.begin && statement.begin <= operation.end;
            assert!(from_begin_on, "{statement:#?} is not within {operation:#?}");
            is_of(statement, &database, backend);
        }
        says_nothing_secret(&trace, &database);
    }
}

/// Demands the attributes of a statement on this database.
#[track_caller]
fn is_of(span: &Span, database: &Database, backend: Backend) {
    assert_eq!((span.kind, span.status), (SpanKind::Client, StatusCode::Unset), "{span:#?}");
    let mut rest = span.attributes.clone();
    let mut take = |name: &str| rest.remove(name).unwrap_or(Value::Null);
    let text = take("db.query.text");
    let text = text.as_str().expect("the statement's text").to_ascii_uppercase();
    let operation = take("db.operation.name");
    assert!(text.starts_with(operation.as_str().expect("an operation")), "{operation} of {text}");
    let collection = take("db.collection.name");
    let summary = match &collection {
        Value::Null => operation,
        collection => {
            json!(format!("{} {}", operation.as_str().expect("text"), collection.as_str().expect("text")))
        }
    };
    assert_eq!(take("db.query.summary"), summary);
    assert_eq!(json!(span.name), summary);
    let url = Url::parse(&database.url()).expect("a URL");
    let (system, namespace) = match backend {
        Backend::Sqlite => ("sqlite", database.url().trim_start_matches("sqlite://").to_owned()),
        Backend::Postgres | Backend::Legacy => ("postgresql", url.path()[1..].to_owned()),
    };
    assert_eq!(take("db.system.name"), system);
    assert_eq!(take("db.namespace"), namespace);
    if backend != Backend::Sqlite {
        assert_eq!(take("server.address"), url.host_str().expect("a host"));
        assert_eq!(take("server.port"), url.port().expect("a port"));
    }
    assert!(rest.is_empty(), "nothing else: {rest:?}");
}

/// Demands that nothing is in the trace that the requests sent as values, nor the database's password.
#[track_caller]
fn says_nothing_secret(trace: &Trace, database: &Database) {
    let url = Url::parse(&database.url()).expect("a URL");
    for value in trace.values() {
        assert!(!value.to_ascii_lowercase().contains("needle"), "{value}");
        assert!(url.password().is_none_or(|password| !value.contains(password)), "{value}");
    }
    for span in &trace.below {
        // Elsewhere such a number may be part of a port or a name.
        let text = span.attribute("db.query.text").to_string();
        assert!(!text.contains("77"), "{text}");
    }
}

backends!(the_values_of_a_filter_are_in_no_statement);
async fn the_values_of_a_filter_are_in_no_statement(backend: Backend) {
    let collector = Collector::start().await;
    let service = traced(&collector, TRANSPORTS[0]).start(backend).await;
    let caller = Caller::number(1);
    caller.get(&service, "/v1/catalog/cpus?search=needle&socket=NEEDLE&min_cores=77&limit=7").await.expect(200);
    let database = service.database().clone();
    let trace = caller.trace(&all_of(service, &collector).await);
    assert_eq!(trace.server.attribute("url.path"), "/v1/catalog/cpus");
    assert_eq!(trace.server.attribute("url.query"), "search=needle&socket=NEEDLE&min_cores=77&limit=7");
    let mut below = trace;
    below.server.attributes.clear();
    assert_eq!(below.operations(), ["catalog.list_cpu"]);
    says_nothing_secret(&below, &database);
}
