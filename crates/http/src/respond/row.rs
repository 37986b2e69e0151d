//! Answers that show one row: its text and its entity tag (contract section 7).

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use partbook_domain::Tag;

use super::etag::{etag_header, parse_tags};
use crate::header::{EXISTING, JSON};

/// An answer that shows one row, with its tag.
pub(crate) fn row_response(status: StatusCode, body: Vec<u8>, tag: &Tag) -> Response {
    (status, [(header::CONTENT_TYPE, JSON), (header::ETAG, etag_header(tag))], body).into_response()
}

/// The same, or 304 if `If-None-Match` names this version.
pub(crate) fn row_unless_known(headers: &HeaderMap, body: Vec<u8>) -> Response {
    let tag = Tag::of(&body);
    // A malformed `If-None-Match` is ignored: reading the row does no harm.
    match parse_tags(headers, &header::IF_NONE_MATCH) {
        Ok(Some(known)) if known.match_weakly(&tag) => {
            let headers =
                [(header::ETAG, etag_header(&tag)), (header::VARY, HeaderValue::from_static("accept-encoding"))];
            (StatusCode::NOT_MODIFIED, headers).into_response()
        }
        _ => row_response(StatusCode::OK, body, &tag),
    }
}

/// An answer that shows a new row, or one that was there before.
pub(crate) fn created_response(body: Vec<u8>, tag: &Tag, location: &str, is_existing: bool) -> Response {
    let location = HeaderValue::from_str(location).expect("a path is visible ASCII");
    let mut response = row_response(StatusCode::CREATED, body, tag);
    response.headers_mut().insert(header::LOCATION, location);
    if is_existing {
        response.headers_mut().insert(EXISTING, HeaderValue::from_static("true"));
    }
    response
}
