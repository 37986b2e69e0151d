//! Entity tags in headers (RFC 9110, section 8.8.3).

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use partbook_domain::Tag;
use partbook_domain::precondition::Tags;

/// A tag as the value of `ETag`.
pub(crate) fn etag_header(tag: &Tag) -> HeaderValue {
    HeaderValue::from_str(&tag.to_string()).expect("hexadecimal digits in quotes are visible ASCII")
}

/// The tags in all headers of this name; none if there is no such header.
pub(crate) fn parse_tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, ()> {
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
        // Empty elements of a list are ignored (RFC 9110, section 5.6.1.2).
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
    use axum::http::header;

    use super::*;

    fn read(values: &[&str]) -> Result<Option<Tags>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, HeaderValue::from_str(value).unwrap());
        }
        parse_tags(&headers, &header::IF_MATCH)
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
