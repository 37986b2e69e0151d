//! What a client has seen and written: read from its request and its connection, and told in the answer (docs/api/concurrency.md).

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use partbook_domain::ParameterError;
use partbook_repository::{Consistency, Memory, NoPosition, Position};

use crate::header::CONSISTENCY_TOKEN;
use crate::respond::problem::Problem;

const MALFORMED: &str = "must be as an answer gave it, or several of them, separated by commas";

/// Has what the request sees noted, and tells it in the answer. Only where there are replicas.
pub(crate) async fn track(mut request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/v1/") {
        return next.run(request).await;
    }
    // To ignore it would be to show what is older than it says, untold.
    let Ok(asked) = asked(request.headers()) else {
        return Problem::parameter(ParameterError::new("Partbook-Consistency-Token", "format", MALFORMED))
            .into_response();
    };
    let memory = request.extensions().get::<Memory>().cloned();
    let consistency = Arc::new(Consistency::new(asked, memory));
    request.extensions_mut().insert(consistency.clone());
    let mut response = next.run(request).await;
    if let Some(token) = consistency.seen().and_then(|seen| HeaderValue::try_from(seen.to_string()).ok()) {
        response.headers_mut().insert(CONSISTENCY_TOKEN, token);
    }
    response
}

/// The latest of the tokens that a request has; none where it has none.
fn asked(headers: &HeaderMap) -> Result<Option<Position>, NoPosition> {
    let mut latest = None;
    for value in headers.get_all(CONSISTENCY_TOKEN) {
        for token in value.to_str().map_err(|_| NoPosition)?.split(',') {
            latest = latest.max(Some(token.trim().parse()?));
        }
    }
    Ok(latest)
}
