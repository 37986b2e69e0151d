//! Entity tags and conditional requests (contract section 7; RFC 9110, sections 8.8.3 and 13).

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use partbook_domain::precondition::{Precondition, Tags};
use partbook_domain::{Row, Tag};

use crate::respond::list::JSON;
use crate::respond::problem::Problem;
use crate::router::App;

/// An answer that shows one row, with its tag.
pub(crate) fn tagged(status: StatusCode, body: Vec<u8>) -> Response {
    let tag = header_of(&Tag::of(&body));
    (status, [(header::CONTENT_TYPE, JSON), (header::ETAG, tag)], body).into_response()
}

/// The same, or 304 when it is what the client has already.
pub(crate) fn tagged_unless_known(headers: &HeaderMap, body: Vec<u8>) -> Response {
    let tag = Tag::of(&body);
    // A cache that sends what is no tag gets the row: reading does no harm.
    match tags(headers, &header::IF_NONE_MATCH) {
        Ok(Some(known)) if known.match_weakly(&tag) => {
            let headers =
                [(header::ETAG, header_of(&tag)), (header::VARY, HeaderValue::from_static("accept-encoding"))];
            // No length is known of it: that of an empty body would be taken for the row's (RFC 9110, section 8.6).
            let body = Body::from_stream(futures_util::stream::empty::<Result<bytes::Bytes, Infallible>>());
            (StatusCode::NOT_MODIFIED, headers, body).into_response()
        }
        _ => tagged(StatusCode::OK, body),
    }
}

/// A tag as a header's value.
pub(crate) fn header_of(tag: &Tag) -> HeaderValue {
    HeaderValue::from_str(&tag.to_string()).expect("hexadecimal digits in quotes are visible ASCII")
}

/// Which version a change is meant for. `represent` is how the row is shown where the client has its tag from.
pub(crate) fn precondition(
    app: &App,
    headers: &HeaderMap,
    represent: fn(&Row) -> Vec<u8>,
) -> Result<Precondition, Problem> {
    let read = |name: &HeaderName, written: &str| {
        tags(headers, name).map_err(|()| {
            let detail = format!("{written} must be * or entity tags in double quotes, separated by commas");
            Problem::new(StatusCode::BAD_REQUEST, detail)
        })
    };
    Ok(Precondition {
        matches: read(&header::IF_MATCH, "If-Match")?,
        none_of: read(&header::IF_NONE_MATCH, "If-None-Match")?,
        required: app.settings().requires_if_match,
        represent,
    })
}

/// The tags in a header that may be given more than once; none where it is not given at all.
fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, ()> {
    let values: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    if values.is_empty() {
        return Ok(None);
    }
    let text = values.join(&b',');
    if text.trim_ascii() == b"*" {
        return Ok(Some(Tags::Any));
    }
    let mut tags = Vec::new();
    let mut rest = text.trim_ascii();
    while !rest.is_empty() {
        // Empty elements of a list are passed over (RFC 9110, section 5.6.1.2).
        if let Some(after) = rest.strip_prefix(b",") {
            rest = after.trim_ascii_start();
            continue;
        }
        let (weak, quoted) = rest.strip_prefix(b"W/").map_or((false, rest), |quoted| (true, quoted));
        let opaque = quoted.strip_prefix(b"\"").ok_or(())?;
        let end = opaque.iter().position(|byte| *byte == b'"').ok_or(())?;
        if opaque[..end].iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
            return Err(());
        }
        tags.push((weak, String::from_utf8_lossy(&opaque[..end]).into_owned()));
        rest = opaque[end + 1..].trim_ascii_start();
        if !rest.is_empty() && !rest.starts_with(b",") {
            return Err(());
        }
    }
    if tags.is_empty() { Err(()) } else { Ok(Some(Tags::These(tags))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<Tags>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, HeaderValue::from_str(value).unwrap());
        }
        tags(&headers, &header::IF_MATCH)
    }

    #[test]
    fn tags_are_read_as_the_standard_writes_them() {
        let these = |tags: &[(bool, &str)]| {
            Ok(Some(Tags::These(tags.iter().map(|(weak, text)| (*weak, (*text).to_owned())).collect())))
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["*"]), Ok(Some(Tags::Any)));
        assert_eq!(read(&[" * "]), Ok(Some(Tags::Any)));
        assert_eq!(read(&["\"a\""]), these(&[(false, "a")]));
        assert_eq!(read(&["\"\""]), these(&[(false, "")]));
        assert_eq!(read(&["\"a,b\" , W/\"c\"", ",\"d\""]), these(&[(false, "a,b"), (true, "c"), (false, "d")]));
        assert_eq!(read(&["\"a\\\""]), these(&[(false, "a\\")]), "a backslash is a character like others");
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for text in [
            "",
            " ",
            ",",
            "a",
            "\"a",
            "a\"",
            "\"a\"b",
            "\"a\" \"b\"",
            "w/\"a\"",
            "W/a",
            "*,\"a\"",
            "\"a\",*",
            "\"a b\"",
        ] {
            assert_eq!(read(&[text]), Err(()), "{text:?}");
        }
        assert_eq!(read(&["*", "*"]), Err(()));
    }
}
