//! The log lines of a request: one when it has ended, and one before it for a failure inside the service.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use opentelemetry::trace::{SpanId, TraceId};
use partbook_domain::access::Actor;
use partbook_telemetry::milliseconds;
use tracing::Span;
use tracing::field::Empty;

use super::span::TraceContext;
use crate::extract::client_address::ClientAddress;
use crate::respond::failure::{Failure, Severity};

/// Routes that are asked every few seconds; their successful requests are logged at debug level.
const QUIET_ROUTES: [&str; 4] = ["/health", "/livez", "/readyz", "/metrics"];

/// The span around every log line of a request. What it says of the trace has the names of OpenTelemetry's "Trace Context in
/// non-OTLP Log Formats".
pub(super) fn span(id: &str, trace: &TraceContext, client: ClientAddress, method: &Method, path: &str) -> Span {
    let span = tracing::info_span!(
        "request",
        request_id = id,
        trace_id = Empty,
        span_id = Empty,
        trace_flags = Empty,
        %client,
        %method,
        path,
        principal = Empty
    );
    if trace.trace_id != TraceId::INVALID {
        span.record("trace_id", tracing::field::display(trace.trace_id));
    }
    if trace.span_id != SpanId::INVALID {
        span.record("span_id", tracing::field::display(trace.span_id));
        span.record("trace_flags", tracing::field::display(format_args!("{:02x}", trace.flags)));
    }
    span
}

/// Has the lines of a request say whom it comes from.
pub(super) fn identify(span: &Span, actor: &Actor) {
    span.record("principal", tracing::field::display(actor));
}

/// What the line of an answered request shows.
pub(super) struct Answered<'a> {
    pub(super) route: Option<&'a str>,
    pub(super) status: StatusCode,
    pub(super) spent: Duration,
    /// How much of the body was sent, bytes.
    pub(super) bytes: u64,
    /// Whether that is the whole body.
    pub(super) is_whole: bool,
}

/// Logs a request that was answered.
pub(super) fn answered(span: &Span, answer: &Answered<'_>) {
    let Answered { route, bytes, .. } = *answer;
    let (status, milliseconds) = (answer.status.as_u16(), milliseconds(answer.spent));
    let cut = (!answer.is_whole).then_some(true);
    let is_quiet = status < 400 && route.is_some_and(|route| QUIET_ROUTES.contains(&route));
    span.in_scope(|| {
        if is_quiet {
            tracing::debug!(route, status, milliseconds, bytes, cut, "answered");
        } else {
            tracing::info!(route, status, milliseconds, bytes, cut, "answered");
        }
    });
}

/// Logs a failure inside the service.
pub(super) fn failed(span: &Span, failure: &Failure) {
    let Failure { severity, message, entity, error } = failure;
    span.in_scope(|| match severity {
        Severity::Warning => tracing::warn!(entity, error, "{message}"),
        Severity::Error => tracing::error!(entity, error, "{message}"),
    });
}

/// Logs a request whose client disconnected before the answer.
pub(super) fn given_up(span: &Span, spent: Duration) {
    let milliseconds = milliseconds(spent);
    span.in_scope(|| tracing::info!(milliseconds, "given up by the client before an answer"));
}
