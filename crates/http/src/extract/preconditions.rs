//! The `If-Match` and `If-None-Match` headers of a change (contract section 7; RFC 9110, section 13).

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use partbook_domain::precondition::Precondition;

use crate::respond::etag::parse_tags;
use crate::respond::problem::Problem;
use crate::state::App;

/// The versions of the row that the change is meant for.
pub(crate) fn precondition(app: &App, headers: &HeaderMap) -> Result<Precondition, Problem> {
    let read = |name: &HeaderName, written: &str| {
        parse_tags(headers, name).map_err(|()| {
            let detail = format!("{written} must be * or entity tags in double quotes, separated by commas");
            Problem::new(StatusCode::BAD_REQUEST, detail)
        })
    };
    Ok(Precondition {
        matches: read(&header::IF_MATCH, "If-Match")?,
        none_of: read(&header::IF_NONE_MATCH, "If-None-Match")?,
        required: app.settings().requires_if_match,
    })
}
