//! `traceparent`: which trace a request belongs to, in the spans and in the log.

use serde_json::Value;

use super::collector::{Collector, Span, TRANSPORTS, Transport};
use super::{Caller, Trace, all_of, traced};
use partbook_test_support::log::is_summary;
use partbook_test_support::{Backend, Method, Request, Server};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID: &str = "00f067aa0ba902b7";

/// What is no `traceparent` (W3C Trace Context, section 3.2.2), each with its fault.
const MALFORMED: [(&str, &str); 20] = [
    ("", "empty"),
    ("nonsense", "no fields"),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", "without flags"),
    ("00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", "a short trace id"),
    ("00-1-00f067aa0ba902b7-01", "a very short trace id"),
    ("00-4bf92f3577b34da6a3ce929d0e0e47366-00f067aa0ba902b7-01", "a long trace id"),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b-01", "a short parent id"),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b77-01", "a long parent id"),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1", "short flags"),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x", "more than version 00 has"),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-", "a dash too many"),
    ("0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a short version"),
    ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "the version that is none"),
    ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", "a trace id of zeros"),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "a parent id of zeros"),
    ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "a trace id in capitals"),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01", "a parent id in capitals"),
    ("00-xbf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "no hexadecimal digits"),
    ("00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a sign"),
    ("00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01", "other separators"),
];

/// Later versions may have more fields; what is known of them is read (section 4).
const LATER: [&str; 2] = [
    "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-brings",
];

/// The line of the log that sums a request up, which is sent under an id.
async fn line_of(service: &Server, id: &str, request: Request) -> Value {
    request.header("X-Request-ID", id).send().await.expect(200);
    let lines = service.lines_of(id).await;
    lines.into_iter().find(is_summary).expect("such a line")
}

/// The trace that a line of the log says its request belongs to.
fn trace_id(line: &Value) -> Option<&str> {
    let text = line.to_string();
    let id = line["trace_id"].as_str().or(line["span"]["trace_id"].as_str());
    assert_eq!(id.is_some(), text.contains("trace_id"), "{text}");
    id
}

/// The server span that a line of the log names, and the flags of its trace.
fn span_id(line: &Value) -> (Option<&str>, Option<&str>) {
    (line["span"]["span_id"].as_str(), line["span"]["trace_flags"].as_str())
}

fn list(service: &Server) -> Request {
    service.request(Method::GET, "/v1/catalog/cpus")
}

#[tokio::test]
async fn the_log_names_the_trace_of_the_spans() {
    for transport in TRANSPORTS {
        let collector = Collector::start().await;
        let service = traced(&collector, transport).start(Backend::Sqlite).await;
        let caller = Caller::number(1);
        let joined = line_of(&service, "joined", list(&service).header("traceparent", &caller.traceparent(true))).await;
        let ignored = caller.traceparent(false);
        let unrecorded = line_of(&service, "unrecorded", list(&service).header("traceparent", &ignored)).await;
        let alone = line_of(&service, "alone", list(&service)).await;
        let spans = all_of(service, &collector).await;
        assert_eq!(trace_id(&joined), Some(&*caller.trace_id));
        assert_eq!(trace_id(&unrecorded), Some(&*caller.trace_id));
        let server = spans.iter().find(|span| span.parent == caller.id).expect("the server span");
        assert_eq!(span_id(&joined), (Some(&*server.id), Some("01")));
        let (nowhere, flags) = span_id(&unrecorded);
        assert_eq!(flags, Some("00"), "{unrecorded}");
        assert!(spans.iter().all(|span| Some(&*span.id) != nowhere), "{unrecorded}");
        let own: Vec<Span> = spans.into_iter().filter(|span| span.trace_id != caller.trace_id).collect();
        let trace = Trace::of(own, "");
        assert_eq!(trace_id(&alone), Some(&*trace.server.trace_id));
        assert_eq!(span_id(&alone), (Some(&*trace.server.id), Some("01")));
    }
}

#[tokio::test]
async fn without_traces_the_log_names_the_callers_trace() {
    let service = Server::start(Backend::Sqlite).await;
    let caller = Caller::number(1);
    for (id, sampled) in [("recorded", true), ("unrecorded", false)] {
        let line = line_of(&service, id, list(&service).header("traceparent", &caller.traceparent(sampled))).await;
        assert_eq!(trace_id(&line), Some(&*caller.trace_id), "{line}");
        assert_eq!(span_id(&line), (None, None), "there is no span: {line}");
    }
    let line = line_of(&service, "alone", list(&service)).await;
    assert_eq!(trace_id(&line), None, "{line}");
    assert_eq!(line["span"]["request_id"], "alone", "where the trace would stand: {line}");
}

#[tokio::test]
async fn without_traces_what_is_malformed_names_no_trace() {
    let service = Server::start(Backend::Sqlite).await;
    let mut wrong = Vec::new();
    for (number, (traceparent, fault)) in MALFORMED.iter().enumerate() {
        let line =
            line_of(&service, &format!("needle-{number}"), list(&service).header("traceparent", traceparent)).await;
        if let Some(id) = trace_id(&line) {
            wrong.push(format!("{fault}: {traceparent:?} is taken for the trace {id}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_is_malformed_begins_a_new_trace() {
    let collector = Collector::start().await;
    let service = traced(&collector, Transport::Grpc).start(Backend::Sqlite).await;
    for (number, (traceparent, _)) in MALFORMED.iter().enumerate() {
        let path = format!("/v1/catalog/cpus?limit={}", number + 1);
        service.request(Method::GET, &path).header("traceparent", traceparent).send().await.expect(200);
    }
    let spans = all_of(service, &collector).await;
    let mut wrong = Vec::new();
    for (number, (traceparent, fault)) in MALFORMED.iter().enumerate() {
        let query = format!("limit={}", number + 1);
        let server = spans.iter().find(|span| span.attribute("url.query") == query.as_str());
        let server = server.unwrap_or_else(|| panic!("{fault}: {traceparent:?} has no trace at all"));
        if !server.parent.is_empty() || server.trace_id == TRACE_ID {
            wrong.push(format!("{fault}: {traceparent:?} is taken for {} {}", server.trace_id, server.parent));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_later_version_is_read_as_far_as_it_is_known() {
    for traceparent in LATER {
        let collector = Collector::start().await;
        let service = traced(&collector, Transport::Http).start(Backend::Sqlite).await;
        list(&service).header("traceparent", traceparent).send().await.expect(200);
        let trace = Trace::of(all_of(service, &collector).await, SPAN_ID);
        assert_eq!(trace.server.trace_id, TRACE_ID, "{traceparent}");
    }
}

#[tokio::test]
async fn a_malformed_tracestate_does_not_cost_the_trace() {
    let collector = Collector::start().await;
    let service = traced(&collector, Transport::Http).start(Backend::Sqlite).await;
    let caller = Caller::number(1);
    caller.send(list(&service).header("tracestate", "no list, of = pairs,,=")).await.expect(200);
    let trace = caller.trace(&all_of(service, &collector).await);
    assert_eq!(trace.operations(), ["catalog.list_cpu"]);
}
