//! What every request and answer is wrapped in: the request's id, its line in the log, and the body of problems.

use std::convert::Infallible;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::problem::{MEDIA_TYPE, Problem};
use crate::remainder::drained;

/// Names one request in the answer, the problem and the log.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers with the request's id, and gives every error the one shape, whoever made it.
pub(crate) async fn wrap(request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let begin = Instant::now();
    let span = tracing::info_span!("request", request_id = id, %method, path);
    let mut response = next.run(drained(request)).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let milliseconds = (begin.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    span.in_scope(|| tracing::info!(status, milliseconds, "answered"));
    if response.status().is_client_error() || response.status().is_server_error() {
        response = shaped(response, &path, &id, method == Method::HEAD);
    }
    if method == Method::HEAD && !response.headers().contains_key(header::CONTENT_LENGTH) {
        // The answer to GET is streamed and has no length; an empty body would be given one, zero.
        *response.body_mut() = Body::from_stream(futures_util::stream::empty::<Result<bytes::Bytes, Infallible>>());
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn shaped(response: Response, path: &str, id: &str, is_head: bool) -> Response {
    let (mut parts, body) = response.into_parts();
    let problem = match parts.extensions.remove::<Problem>() {
        Some(problem) => problem,
        // An answer with a body of its own, such as that of a health check.
        None if parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") => {
            return Response::from_parts(parts, body);
        }
        None => Problem::of_status(parts.status),
    };
    let body = problem.body(path, id);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(parts, if is_head { Body::empty() } else { Body::from(body) })
}

/// The client's own id, when it is up to 128 visible ASCII characters (contract section 8); else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let given = given.filter(|id| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()));
    given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}
