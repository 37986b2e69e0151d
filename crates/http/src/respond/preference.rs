//! Which of a client's preferences counted: `Preference-Applied` (RFC 7240).

use axum::http::HeaderValue;
use axum::response::{IntoResponse as _, Response};

use super::problem::Problem;
use crate::header::PREFERENCE_APPLIED;

/// Says that `handling=strict` counted, whatever came of the request.
pub(crate) fn applied(strict: bool, outcome: Result<Response, Problem>) -> Response {
    let mut response = outcome.into_response();
    if strict {
        // One line: clients are known that read one only.
        let is_beside_another = response.headers().contains_key(PREFERENCE_APPLIED);
        let value = if is_beside_another { "count=exact, handling=strict" } else { "handling=strict" };
        response.headers_mut().insert(PREFERENCE_APPLIED, HeaderValue::from_static(value));
    }
    response
}
