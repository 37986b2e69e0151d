//! The server span of a request (OpenTelemetry's semantic conventions for HTTP), in the client's trace if it names one.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId};
use opentelemetry_http::HeaderExtractor;
use partbook_domain::access::Actor;
use partbook_telemetry::TRACE_TARGET;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::method::{OTHER, known_method};
use crate::excerpt::excerpt;
use crate::extract::client_address::ClientAddress;

/// Where the log lines of a request belong in a trace. Ids that there are none of are invalid ones.
pub(super) struct TraceContext {
    pub(super) trace_id: TraceId,
    /// The server span.
    pub(super) span_id: SpanId,
    /// Whether the span is recorded.
    pub(super) flags: TraceFlags,
}

impl From<&SpanContext> for TraceContext {
    fn from(context: &SpanContext) -> Self {
        Self { trace_id: context.trace_id(), span_id: context.span_id(), flags: context.trace_flags() }
    }
}

/// Starts the span, and returns it with where it is in a trace, which `traceparent` may name.
pub(super) fn begin(request: &Request, client: ClientAddress) -> (Span, TraceContext) {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let method = known_method(request.method());
    let authority = request.uri().authority().cloned().or_else(|| text(header::HOST)?.parse().ok());
    let span = tracing::info_span!(
        target: TRACE_TARGET,
        "request",
        otel.kind = "server",
        otel.name = span_name(method),
        otel.status_code = Empty,
        http.request.method = method,
        http.request.method_original = (method == OTHER).then(|| excerpt(request.method().as_str())).as_deref(),
        http.route = Empty,
        http.response.status_code = Empty,
        url.scheme = "http",
        url.path = &*excerpt(request.uri().path()),
        url.query = request.uri().query().map(excerpt).as_deref(),
        client.address = %client,
        server.address = authority.as_ref().map(|authority| excerpt(authority.host())).as_deref(),
        // The OpenTelemetry layer exports only 64-bit numbers as numbers.
        server.port = authority.as_ref().and_then(Authority::port_u16).map(i64::from),
        network.protocol.version = protocol_version(request.version()),
        user_agent.original = text(header::USER_AGENT).map(excerpt).as_deref(),
        enduser.id = Empty,
        error.r#type = Empty,
    );
    let parent = remote(headers);
    let trace_id = parent.span().span_context().trace_id();
    let joined = TraceContext { trace_id, span_id: SpanId::INVALID, flags: TraceFlags::NOT_SAMPLED };
    if span.is_disabled() {
        return (span, joined);
    }
    // Fails only for a span that has started already, which a new one has not.
    let _ = span.set_parent(parent);
    let own = TraceContext::from(span.context().span().span_context());
    (span, if own.trace_id == TraceId::INVALID { joined } else { own })
}

/// Has the span say whom the request comes from.
pub(super) fn identify(span: &Span, actor: &Actor) {
    span.record("enduser.id", tracing::field::display(actor));
}

/// Ends the span of a request that was answered.
pub(super) fn end(span: &Span, method: &'static str, route: Option<&str>, status: StatusCode) {
    if span.is_disabled() {
        return;
    }
    if let Some(route) = route {
        // Recording `otel.name` has no effect once the span has started.
        span.context().span().update_name(format!("{} {route}", span_name(method)));
        span.record("http.route", route);
    }
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", status.as_str());
    }
    // The layer ends a span at its last exit: leaving it now includes the time that the body took.
    span.in_scope(|| {});
}

/// The method in the span's name.
fn span_name(method: &'static str) -> &'static str {
    if method == OTHER { "HTTP" } else { method }
}

fn protocol_version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

/// The context that `traceparent` and `tracestate` name; an empty one if they are missing or malformed.
fn remote(headers: &HeaderMap) -> opentelemetry::Context {
    let parent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    if !parent.is_some_and(is_traceparent) {
        return opentelemetry::Context::new();
    }
    opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract_with_context(&opentelemetry::Context::new(), &HeaderExtractor(headers))
    })
}

/// Whether a text has the form of a `traceparent` (W3C Trace Context, section 3.2): version, trace id, parent id and flags,
/// and more only in a later version. The propagator accepts other forms too.
fn is_traceparent(text: &str) -> bool {
    let fields: Vec<&str> = text.split('-').collect();
    let is_hex = |field: &&str| field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let lengths: Vec<usize> = fields.iter().map(|field| field.len()).collect();
    lengths.starts_with(&[2, 32, 16, 2])
        && fields.iter().take(4).all(is_hex)
        && (fields[0] != "00" || fields.len() == 4)
}
