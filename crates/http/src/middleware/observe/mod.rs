//! Observes a request from its headers to the last byte of its answer: a log line, metrics and a server span.
//!
//! The observer knows when something happens; `log`, `metrics` and `span` know what is reported about it.

mod log;
mod method;
mod metrics;
mod span;

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use partbook_domain::access::Actor;
use tracing::{Instrument as _, Span};

use self::log::Answered;
use self::method::known_method;
use crate::excerpt::excerpt;
use crate::extract::client_address::ClientAddress;
use crate::respond::failure::Failure;

/// Observes one request, and reports when it is dropped: after the last byte, or when the client has disconnected.
pub(crate) struct RequestObserver {
    method: Method,
    is_head: bool,
    begin: Instant,
    /// The span around the log lines.
    log: Span,
    /// The server span of the trace.
    trace: Span,
    /// Status and route of the answer; none before there is one.
    answer: Option<(StatusCode, Option<MatchedPath>)>,
    /// How much of the answer's body has been sent, bytes.
    bytes: u64,
    /// Whether that is the whole body.
    is_whole: bool,
}

impl RequestObserver {
    /// Starts to observe a request that has arrived.
    pub(crate) fn begin(request: &Request, id: &str, client: ClientAddress) -> Self {
        metrics::begin();
        let (method, path) = (request.method().clone(), request.uri().path());
        let (trace, context) = span::begin(request, client);
        let log = log::span(id, &context, client, &method, &excerpt(path));
        let is_head = method == Method::HEAD;
        Self { method, is_head, begin: Instant::now(), log, trace, answer: None, bytes: 0, is_whole: false }
    }

    /// Runs the handler and the inner layers inside the request's spans.
    pub(crate) async fn instrument(&self, work: impl Future<Output = Response>) -> Response {
        work.instrument(self.log.clone()).instrument(self.trace.clone()).await
    }

    /// The spans, for what is learned of the request on its way.
    pub(crate) fn spans(&self) -> RequestSpans {
        RequestSpans { log: self.log.clone(), trace: self.trace.clone() }
    }

    /// Logs a failure inside the service, under this request.
    pub(crate) fn log_failure(&self, failure: &Failure) {
        log::failed(&self.log, failure);
    }

    /// Keeps observing until the answer's body is sent or dropped.
    pub(crate) fn until_sent(mut self, response: Response) -> Response {
        let (mut parts, body) = response.into_parts();
        self.answer = Some((parts.status, parts.extensions.remove::<MatchedPath>()));
        self.is_whole = self.is_head || body.is_end_stream();
        Response::from_parts(parts, Body::new(ObservedBody { body, observer: self }))
    }

    fn finish(&self) {
        metrics::end();
        let spent = self.begin.elapsed();
        let Some((status, route)) = &self.answer else {
            log::given_up(&self.log, spent);
            return;
        };
        let (status, route) = (*status, route.as_ref().map(MatchedPath::as_str));
        let method = known_method(&self.method);
        metrics::answered(method, route, status, spent);
        let (bytes, is_whole) = (self.bytes, self.is_whole);
        log::answered(&self.log, &Answered { route, status, spent, bytes, is_whole });
        span::end(&self.trace, method, route, status);
    }
}

/// The spans of a request. They travel as an extension of it.
#[derive(Clone, Debug)]
pub(crate) struct RequestSpans {
    log: Span,
    trace: Span,
}

impl RequestSpans {
    /// Notes whom the request comes from.
    pub(crate) fn identify(&self, actor: &Actor) {
        log::identify(&self.log, actor);
        span::identify(&self.trace, actor);
    }
}

impl Drop for RequestObserver {
    fn drop(&mut self) {
        self.finish();
    }
}

/// An answer's body, counted as it is sent.
struct ObservedBody {
    body: Body,
    observer: RequestObserver,
}

impl HttpBody for ObservedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let polled = this.observer.log.in_scope(|| Pin::new(&mut this.body).poll_frame(context));
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                this.observer.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                this.observer.is_whole |= this.body.is_end_stream();
            }
            Poll::Ready(None) => this.observer.is_whole = true,
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

/// Puts the matched route on the answer, where [`RequestObserver`], which sits outside the router, finds it.
pub(crate) async fn expose_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}
