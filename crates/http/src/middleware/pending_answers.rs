//! Has each answer wait for its reader among the others, which together take up a bounded part of memory.

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::problem_body;
use super::request::RequestName;
use crate::respond::problem::Problem;
use crate::state::App;

/// The largest answer that is never refused, bytes: one row as it usually is, a health check.
const SMALL_ANSWER: u64 = 64 * 1024;

/// What an answer counts beside its body, bytes.
const OVERHEAD: u64 = 4 * 1024;

/// What an answer of unknown length counts, bytes: a list, of which a portion of rows and their text are held.
const STREAMED_ANSWER: u64 = 1024 * 1024;

/// What compressing an answer takes, bytes.
const COMPRESSION: u64 = 256 * 1024;

/// Has an answer wait for its reader, or refuses it.
pub(crate) async fn bound(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_compressed = request.headers().contains_key(header::ACCEPT_ENCODING);
    let name = request.extensions().get::<RequestName>().cloned().unwrap_or_default();
    let is_head = request.method() == Method::HEAD;
    let (mut parts, body) = next.run(request).await.into_parts();
    if body.is_end_stream() || is_head {
        return Response::from_parts(parts, body);
    }
    let size = body.size_hint().exact().unwrap_or(STREAMED_ANSWER);
    let counted = size + OVERHEAD + if is_compressed { COMPRESSION } else { 0 };
    match app.pending_answers().admit(counted, size > SMALL_ANSWER, body) {
        Some(body) => {
            parts.extensions.insert(body.answer());
            Response::from_parts(parts, Body::new(body))
        }
        None => problem_body::with_body(Problem::too_many_readers().into_response(), &name, false),
    }
}
