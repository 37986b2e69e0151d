//! What is seen of a request from outside: its line in the log, its metrics and its span, from the first header to the
//! last byte of the answer.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use opentelemetry::trace::{TraceContextExt as _, TraceId};
use opentelemetry_http::HeaderExtractor;
use partbook_telemetry::{TRACE_TARGET, milliseconds};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The `path` of requests that no route takes: strangers must not be able to make series.
const UNMATCHED: &str = "unmatched";

/// Routes whose requests come every few seconds and say nothing while all is well.
const QUIET: [&str; 4] = ["/health", "/livez", "/readyz", "/metrics"];

/// A request under way. When it is dropped, all is told.
pub(crate) struct Watch {
    method: Method,
    is_head: bool,
    begin: Instant,
    /// The span of the log's lines.
    log: Span,
    /// The server span of the trace.
    trace: Span,
    /// The answer's status and route; none while there is no answer.
    answer: Option<(StatusCode, Option<MatchedPath>)>,
    /// How much of the answer's body has been taken, bytes.
    bytes: u64,
    /// Whether that is all of it.
    is_whole: bool,
}

impl Watch {
    /// A request that has come.
    pub(crate) fn begin(request: &Request, id: &str) -> Self {
        metrics::gauge!("http_requests_in_flight").increment(1.0);
        let (method, path) = (request.method().clone(), request.uri().path());
        let (trace, trace_id) = server_span(request);
        let log = tracing::info_span!("request", request_id = id, trace_id = Empty, %method, path);
        if trace_id != TraceId::INVALID {
            log.record("trace_id", tracing::field::display(trace_id));
        }
        let is_head = method == Method::HEAD;
        Self { method, is_head, begin: Instant::now(), log, trace, answer: None, bytes: 0, is_whole: false }
    }

    /// Runs what answers the request in the request's spans.
    pub(crate) async fn around(&self, work: impl Future<Output = Response>) -> Response {
        work.instrument(self.log.clone()).instrument(self.trace.clone()).await
    }

    /// Goes with the answer until the last of its body is taken.
    pub(crate) fn until_sent(mut self, response: Response) -> Response {
        let (mut parts, body) = response.into_parts();
        self.answer = Some((parts.status, parts.extensions.remove::<MatchedPath>()));
        self.is_whole = self.is_head || body.is_end_stream();
        Response::from_parts(parts, Body::new(Watched { body, watch: self }))
    }

    fn finish(&self) {
        metrics::gauge!("http_requests_in_flight").decrement(1.0);
        let spent = self.begin.elapsed();
        let milliseconds = milliseconds(spent);
        let Some((status, route)) = &self.answer else {
            self.log.in_scope(|| tracing::info!(milliseconds, "given up by the client before an answer"));
            return;
        };
        let route = route.as_ref().map(MatchedPath::as_str);
        let method = known_method(&self.method);
        let path = route.unwrap_or(UNMATCHED).to_owned();
        metrics::histogram!("http_request_duration_seconds", "method" => method, "path" => path.clone()).record(spent);
        let code = status.as_str().to_owned();
        metrics::counter!("http_requests_total", "method" => method, "path" => path, "status" => code).increment(1);

        let (status, bytes, cut) = (status.as_u16(), self.bytes, (!self.is_whole).then_some(true));
        let is_quiet = status < 400 && route.is_some_and(|route| QUIET.contains(&route));
        self.log.in_scope(|| {
            if is_quiet {
                tracing::debug!(route, status, milliseconds, bytes, cut, "answered");
            } else {
                tracing::info!(route, status, milliseconds, bytes, cut, "answered");
            }
        });
        if self.trace.is_disabled() {
            return;
        }
        if let Some(route) = route {
            // A new `otel.name` would come too late: the span has begun.
            self.trace.context().span().update_name(format!("{} {route}", span_name(method)));
            self.trace.record("http.route", route);
        }
        self.trace.record("http.response.status_code", i64::from(status));
        if status >= 500 {
            self.trace.record("otel.status_code", "ERROR");
            self.trace.record("error.type", status.to_string());
        }
        // A span ends when it is left for the last time: now, and not when the answer's head was ready.
        self.trace.in_scope(|| {});
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.finish();
    }
}

/// An answer's body, counted as it is taken.
struct Watched {
    body: Body,
    watch: Watch,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let polled = this.watch.log.in_scope(|| Pin::new(&mut this.body).poll_frame(context));
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                this.watch.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                this.watch.is_whole |= this.body.is_end_stream();
            }
            Poll::Ready(None) => this.watch.is_whole = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

/// Hands the route on which a request was answered out to [`Watch`], which sits outside of all routes.
pub(crate) async fn name_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// The server span of a request (OpenTelemetry's semantic conventions for HTTP), in the trace that `traceparent` names,
/// and that trace's id.
fn server_span(request: &Request) -> (Span, TraceId) {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let method = known_method(request.method());
    let authority = request.uri().authority().cloned().or_else(|| text(header::HOST)?.parse().ok());
    let span = tracing::info_span!(
        target: TRACE_TARGET,
        "request",
        otel.kind = "server",
        otel.name = span_name(method),
        otel.status_code = Empty,
        http.request.method = method,
        http.request.method_original = (method == OTHER).then(|| request.method().as_str()),
        http.route = Empty,
        http.response.status_code = Empty,
        url.scheme = "http",
        url.path = request.uri().path(),
        url.query = request.uri().query(),
        server.address = authority.as_ref().map(Authority::host),
        // The layer writes only 64-bit numbers as numbers.
        server.port = authority.as_ref().and_then(Authority::port_u16).map(i64::from),
        network.protocol.version = protocol_version(request.version()),
        user_agent.original = text(header::USER_AGENT),
        error.r#type = Empty,
    );
    let parent = remote(headers);
    let joined = parent.span().span_context().trace_id();
    if span.is_disabled() {
        return (span, joined);
    }
    // Fails only where the span has begun already, which a new one has not.
    let _ = span.set_parent(parent);
    let own = span.context().span().span_context().trace_id();
    (span, if own == TraceId::INVALID { joined } else { own })
}

/// What `traceparent` and `tracestate` say; nothing where they are missing or malformed.
fn remote(headers: &HeaderMap) -> opentelemetry::Context {
    let parent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    if !parent.is_some_and(is_traceparent) {
        return opentelemetry::Context::new();
    }
    opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract_with_context(&opentelemetry::Context::new(), &HeaderExtractor(headers))
    })
}

/// Whether a text has the form of a `traceparent` (W3C Trace Context, section 3.2), which the propagator does not look at
/// closely: version, trace id, parent id and flags; a later version may have more.
fn is_traceparent(text: &str) -> bool {
    let fields: Vec<&str> = text.split('-').collect();
    let is_hex = |field: &&str| field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let lengths: Vec<usize> = fields.iter().map(|field| field.len()).collect();
    lengths.starts_with(&[2, 32, 16, 2])
        && fields.iter().take(4).all(is_hex)
        && (fields[0] != "00" || fields.len() == 4)
}

/// What the conventions call a method that HTTP does not know.
const OTHER: &str = "_OTHER";

/// The method, where it is one that HTTP knows: strangers must not be able to make series.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => OTHER,
    }
}

/// What a span of such a method is called.
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
