//! Reads single parameters of a path.

use axum::extract::{FromRequestParts as _, Path};
use axum::http::request::Parts;

/// A parameter of the path; none if it is not UTF-8 after percent-decoding.
pub(super) async fn path_parameter<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Option<String> {
    let path: Result<Path<Vec<(String, String)>>, _> = Path::from_request_parts(parts, state).await;
    path.ok()?.0.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}
