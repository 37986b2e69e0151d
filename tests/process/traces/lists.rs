//! The spans of a list that is streamed: the server's ends with the last byte.

use std::io::Read;

use super::collector::{Collector, TRANSPORTS, Transport};
use super::{Caller, Trace, all_of, traced};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Method, backends, wire};

/// Enough that the answer is streamed, and that it does not fit into what the service and the connection hold.
const ROWS: usize = 20_000;

backends!(the_server_span_ends_with_the_last_row);
async fn the_server_span_ends_with_the_last_row(backend: Backend) {
    for transport in TRANSPORTS {
        let collector = Collector::start().await;
        let service = traced(&collector, transport).start(backend).await;
        service.fill(&CPU, ROWS).await;
        let caller = Caller::number(1);
        assert_eq!(caller.get(&service, CPU.path).await.expect(200).array().len(), ROWS);
        let trace = caller.trace(&all_of(service, &collector).await);
        is_one_list(&trace);
    }
}

#[track_caller]
fn is_one_list(trace: &Trace) {
    assert_eq!(trace.server.name, "GET /v1/catalog/cpus");
    reads_one_table(trace);
    trace.ends_with_the_server();
}

/// A long list is one operation, and one statement for each portion of its rows.
#[track_caller]
fn reads_one_table(trace: &Trace) {
    assert_eq!(trace.operations(), ["catalog.list_cpu"]);
    let statements = trace.names_under(trace.named("catalog.list_cpu"));
    assert!(statements.len() > 1 && statements.iter().all(|name| *name == "SELECT cpu"), "{statements:?}");
}

backends!(a_list_that_is_given_up_has_its_spans);
async fn a_list_that_is_given_up_has_its_spans(backend: Backend) {
    let collector = Collector::start().await;
    let service = traced(&collector, Transport::Http).start(backend).await;
    service.fill(&CPU, ROWS).await;
    let caller = Caller::number(1);
    let mut stream = wire::connect(service.address());
    let headers = format!("Host: localhost\r\ntraceparent: {}\r\n", caller.traceparent(true));
    wire::send(&mut stream, &format!("GET {} HTTP/1.1\r\n{headers}\r\n", CPU.path));
    stream.read_exact(&mut [0; 1000]).expect("the beginning of an answer");
    drop(stream);
    let list = [("operation", "list")];
    service.metrics_when(|scrape| scrape.sum("partbook_db_operation_duration_seconds_count", &list) > 0.5).await;
    let trace = caller.trace(&all_of(service, &collector).await);
    assert_eq!(trace.server.name, "GET /v1/catalog/cpus");
    reads_one_table(&trace);
}

backends!(a_list_without_a_body_has_its_spans);
async fn a_list_without_a_body_has_its_spans(backend: Backend) {
    let collector = Collector::start().await;
    let service = traced(&collector, Transport::Grpc).start(backend).await;
    service.fill(&CPU, ROWS).await;
    let caller = Caller::number(1);
    caller.send(service.request(Method::HEAD, CPU.path)).await.expect(200);
    let trace = caller.trace(&all_of(service, &collector).await);
    assert_eq!(trace.server.name, "HEAD /v1/catalog/cpus");
    assert_eq!(trace.server.attribute("http.request.method"), "HEAD");
    assert_eq!(trace.operations(), ["catalog.list_cpu"]);
}
