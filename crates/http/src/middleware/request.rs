//! The outermost layer: gives a request its id, has it observed, logs its failure, and writes the bodies of problems.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::drain_body::drain_unread;
use super::observe::RequestObserver;
use crate::header::{PROBLEM_JSON, REQUEST_ID};
use crate::limits::MAX_REQUEST_ID_LENGTH;
use crate::respond::failure::Failure;
use crate::respond::problem::Problem;
use crate::state::App;

/// Adds the request's id to the answer, and gives every error the same shape, whichever layer made it.
pub(crate) async fn wrap(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let observer = RequestObserver::begin(&request, &id);
    let path = request.uri().path().to_owned();
    let is_head = request.method() == Method::HEAD;
    let keeps_open = request.version() <= Version::HTTP_11;
    let mut response = observer.instrument(next.run(drain_unread(request))).await;
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        observer.log_failure(&failure);
    }
    if response.status().is_client_error() || response.status().is_server_error() {
        response = with_problem_body(response, &path, &id, is_head);
    }
    if is_head && !response.headers().contains_key(header::CONTENT_LENGTH) {
        // The answer to GET is streamed and has no length. An empty body would be sent with the length zero.
        *response.body_mut() = Body::from_stream(futures_util::stream::empty::<Result<bytes::Bytes, Infallible>>());
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    if keeps_open && app.is_draining() {
        // The client opens its next connection to an instance that stays.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    observer.until_sent(response)
}

fn with_problem_body(response: Response, path: &str, id: &str, is_head: bool) -> Response {
    let (mut parts, body) = response.into_parts();
    let problem = match parts.extensions.remove::<Problem>() {
        Some(problem) => problem,
        // An answer with its own body, such as that of a health check.
        None if parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") => {
            return Response::from_parts(parts, body);
        }
        None => Problem::of_status(parts.status),
    };
    let body = problem.body(path, id);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(parts, if is_head { Body::empty() } else { Body::from(body) })
}

/// The client's id if it is acceptable (contract section 8), else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let given = given
        .filter(|id| (1..=MAX_REQUEST_ID_LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()));
    given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}
