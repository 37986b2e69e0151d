//! Traces (contract section 8), as a collector receives them.

mod collector;
mod collectors;
mod export;
mod failures;
mod lists;
mod operations;
mod parents;
mod principals;
mod resource;
mod sampling;
mod servers;
mod settings;
mod tree;

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use collector::{Collector, Span, Transport};
use partbook_test_support::server::Options;
use partbook_test_support::{Answer, Method, Request, Server};

/// A service that sends its traces to a collector.
fn traced(collector: &Collector, transport: Transport) -> Options {
    Server::options()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", transport.protocol())
}

/// Ends the service, which sends what it still has; then everything has come, and nothing comes any more. Answers the
/// spans of requests. What the service does of itself, such as tidying up, begins with another span than a server's.
async fn all_of(service: Server, collector: &Collector) -> Vec<Span> {
    assert!(service.stop().await.success());
    let mut spans = collector.spans();
    let stranger = spans.iter().find(|span| span.scope != "partbook" || role(span) == "unknown");
    assert_eq!(stranger, None, "a span that is none of ours");
    let own = spans.iter().filter(|span| span.parent.is_empty() && span.kind != SpanKind::Server);
    let own: BTreeSet<String> = own.map(|span| span.trace_id.clone()).collect();
    spans.retain(|span| !own.contains(&span.trace_id));
    spans
}

/// A caller's span.
struct Caller {
    trace_id: String,
    id: String,
}

impl Caller {
    /// The `n`th, each in a trace of its own.
    fn number(n: u64) -> Self {
        Self { trace_id: format!("4bf92f3577b34da6{n:016x}"), id: format!("00f067aa{n:08x}") }
    }

    /// What it sends along. It records its own trace, or not.
    fn traceparent(&self, sampled: bool) -> String {
        format!("00-{}-{}-0{}", self.trace_id, self.id, u8::from(sampled))
    }

    /// Sends a request as part of its trace, which it records.
    async fn send(&self, request: Request) -> Answer {
        request.header("traceparent", &self.traceparent(true)).send().await
    }

    async fn get(&self, service: &Server, path: &str) -> Answer {
        self.send(service.request(Method::GET, path)).await
    }

    /// What has been received of its trace.
    fn trace(&self, spans: &[Span]) -> Trace {
        let of_trace: Vec<Span> = spans.iter().filter(|span| span.trace_id == self.trace_id).cloned().collect();
        Trace::of(of_trace, &self.id)
    }
}

/// The spans of one request, found to be a tree below the server's span.
struct Trace {
    server: Span,
    /// Those below it, in the order of their beginning.
    below: Vec<Span>,
}

impl Trace {
    /// `parent` is what the server's span is to hang from; empty for nothing.
    #[track_caller]
    fn of(spans: Vec<Span>, parent: &str) -> Self {
        let ids: BTreeSet<String> = spans.iter().map(|span| span.id.clone()).collect();
        assert_eq!(ids.len(), spans.len(), "every span has an id of its own: {spans:#?}");
        let (mut servers, mut below): (Vec<Span>, _) =
            spans.into_iter().partition(|span| span.kind == SpanKind::Server);
        assert_eq!(servers.len(), 1, "one server span: {servers:#?}\nbelow: {below:#?}");
        let server = servers.remove(0);
        assert_eq!(server.parent, parent, "{server:#?}");
        below.sort_by_key(|span| span.begin);
        for span in &below {
            assert!(ids.contains(&span.parent), "of an unknown parent: {span:#?}");
        }
        for span in below.iter().chain([&server]) {
            assert_eq!((span.trace_id.len(), span.id.len()), (32, 16), "{span:#?}");
            assert_eq!(span.trace_id, server.trace_id);
            assert_eq!(span.events, [""; 0], "{span:#?}");
            assert!(server.begin <= span.begin && span.begin <= span.end, "{span:#?} is before {server:#?}");
        }
        Self { server, below }
    }

    /// Demands that the operations end before the server's span does. Of statements that is not asked: SQLite's driver
    /// holds on to their spans on a thread of its own, a moment longer.
    #[track_caller]
    fn ends_with_the_server(&self) {
        for operation in self.under(&self.server) {
            assert!(operation.end <= self.server.end, "{operation:#?} is not within {:#?}", self.server);
        }
    }

    /// The names of the spans right under one.
    fn names_under<'a>(&'a self, span: &Span) -> Vec<&'a str> {
        self.under(span).map(|span| span.name.as_str()).collect()
    }

    fn under<'a>(&'a self, span: &Span) -> impl Iterator<Item = &'a Span> + use<'a> {
        let id = span.id.clone();
        self.below.iter().filter(move |below| below.parent == id)
    }

    /// The one span of a name, anywhere below the server's.
    #[track_caller]
    fn named(&self, name: &str) -> &Span {
        let mut found = self.below.iter().filter(|span| span.name == name);
        match (found.next(), found.next()) {
            (Some(span), None) => span,
            _ => panic!("not one span {name}: {:#?}", self.below),
        }
    }

    /// The operations on the catalog that answered the request.
    fn operations(&self) -> Vec<&str> {
        self.names_under(&self.server)
    }

    /// Every value of every attribute, as text.
    fn values(&self) -> Vec<String> {
        let spans = self.below.iter().chain([&self.server]);
        spans.flat_map(|span| span.attributes.values().map(ToString::to_string)).collect()
    }
}

/// What a span is about.
fn role(span: &Span) -> &'static str {
    match span.kind {
        SpanKind::Server => "request",
        SpanKind::Internal if span.name.starts_with("catalog.") => "operation",
        SpanKind::Client if span.attributes.contains_key("db.system.name") => "statement",
        _ => "unknown",
    }
}
