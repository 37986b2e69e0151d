//! What is seen of a request from outside: its line in the log, its metrics and its span, from the first header to the
//! last byte of the answer.

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
use tracing::{Instrument as _, Span};

use self::log::Answered;
use self::method::known_method;
use crate::respond::failure::Failure;

/// A request under way. When it is dropped, all is told.
pub(crate) struct RequestObserver {
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

impl RequestObserver {
    /// A request that has come.
    pub(crate) fn begin(request: &Request, id: &str) -> Self {
        metrics::begin();
        let (method, path) = (request.method().clone(), request.uri().path());
        let (trace, trace_id) = span::begin(request);
        let log = log::span(id, trace_id, &method, path);
        let is_head = method == Method::HEAD;
        Self { method, is_head, begin: Instant::now(), log, trace, answer: None, bytes: 0, is_whole: false }
    }

    /// Runs what answers the request in the request's spans.
    pub(crate) async fn instrument(&self, work: impl Future<Output = Response>) -> Response {
        work.instrument(self.log.clone()).instrument(self.trace.clone()).await
    }

    /// Something went wrong inside the service.
    pub(crate) fn log_failure(&self, failure: &Failure) {
        log::failed(&self.log, failure);
    }

    /// Goes with the answer until the last of its body is taken.
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

impl Drop for RequestObserver {
    fn drop(&mut self) {
        self.finish();
    }
}

/// An answer's body, counted as it is taken.
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

/// Hands the route on which a request was answered out to [`RequestObserver`], which sits outside of all routes.
pub(crate) async fn expose_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}
