//! Writes the bodies of problems: every error has the same shape, whichever layer made it. It stands inside the compression
//! layer: a problem that a proxy compresses gets another entity tag on the way than the row has.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::request::RequestName;
use crate::excerpt::excerpt;
use crate::header::PROBLEM_JSON;
use crate::respond::problem::Problem;

/// Gives an answer with an error status its body.
pub(crate) async fn write(request: Request, next: Next) -> Response {
    let name = request.extensions().get::<RequestName>().cloned().unwrap_or_default();
    let is_head = request.method() == Method::HEAD;
    let response = next.run(request).await;
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    if is_error { with_body(response, &name, is_head) } else { response }
}

pub(super) fn with_body(response: Response, name: &RequestName, is_head: bool) -> Response {
    let (mut parts, body) = response.into_parts();
    let problem = match parts.extensions.remove::<Problem>() {
        Some(problem) => problem,
        // An answer with its own body, such as that of a health check.
        None if parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") => {
            return Response::from_parts(parts, body);
        }
        None => Problem::of_status(parts.status, &name.documentation),
    };
    let body = problem.body(&excerpt(&name.path), &name.id);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(parts, if is_head { Body::empty() } else { Body::from(body) })
}
