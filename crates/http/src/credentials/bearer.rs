//! The token in `Authorization` (RFC 6750, section 2.1).

use axum::http::{HeaderMap, HeaderValue, header};
use partbook_domain::access::TOKEN_PREFIX;

use super::rejection::Rejection;

/// What looks like a token after `Bearer`; none where nothing does.
///
/// # Errors
/// There are other credentials beside it.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<&[u8]>, Rejection> {
    let values = || headers.get_all(header::AUTHORIZATION).iter();
    match (values().find_map(token), values().count()) {
        (Some(_), 2..) => Err(Rejection::Malformed),
        (found, _) => Ok(found),
    }
}

fn token(value: &HeaderValue) -> Option<&[u8]> {
    let bytes = value.as_bytes();
    let end =
        bytes.iter().position(|byte| *byte == b' ').filter(|end| bytes[..*end].eq_ignore_ascii_case(b"bearer"))?;
    let rest = bytes[end..].trim_ascii();
    rest.starts_with(TOKEN_PREFIX.as_bytes()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(values: &[&[u8]]) -> Result<Option<String>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        bearer(&headers).map(|found| found.map(text)).map_err(|_| ())
    }

    #[test]
    fn what_is_no_token_is_somebody_elses() {
        for value in [
            &b"Basic dXNlcjpwYXNz"[..],
            b"Basic pbk_a",
            b"Negotiate",
            b"",
            b"Bearer",
            b"Bearerpbk_a",
            b"Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
            b"Bearer a, b",
            b"Basic \xff",
        ] {
            assert_eq!(found(&[value]), Ok(None), "{value:?}");
        }
        assert_eq!(found(&[]), Ok(None));
        assert_eq!(found(&[b"Basic a", b"Bearer a"]), Ok(None));
    }

    #[test]
    fn a_token_stands_alone() {
        for value in [&b"Bearer pbk_a"[..], b"bearer   pbk_a", b"BEARER pbk_a "] {
            assert_eq!(found(&[value]), Ok(Some("pbk_a".to_owned())), "{value:?}");
        }
        // What is wrong with it is told by whoever reads it.
        assert_eq!(found(&[b"Bearer pbk_a pbk_b"]), Ok(Some("pbk_a pbk_b".to_owned())));
        for other in [&b"Bearer pbk_a"[..], b"Basic a", b""] {
            assert_eq!(found(&[other, b"Bearer pbk_a"]), Err(()), "{other:?}");
        }
    }
}
