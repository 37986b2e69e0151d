//! The `Prefer` header (RFC 7240): what a client would like, and can do without.

use axum::http::HeaderMap;

/// Whether the client asks for the number of all rows of a list: `count=exact`.
pub(crate) fn prefers_count(headers: &HeaderMap) -> bool {
    prefers(headers, "count", "exact")
}

/// Whether the client wants to be told of what would be passed over: `handling=strict`.
pub(crate) fn prefers_strict(headers: &HeaderMap) -> bool {
    prefers(headers, "handling", "strict")
}

fn prefers(headers: &HeaderMap, name: &str, value: &str) -> bool {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    preferences.flat_map(|preferences| preferences.split([',', ';'])).any(|preference| {
        let (given, word) = preference.split_once('=').unwrap_or((preference, ""));
        let word = word.trim();
        let word = word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).unwrap_or(word);
        given.trim().eq_ignore_ascii_case(name) && word.eq_ignore_ascii_case(value)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_preference_is_found_among_others() {
        for (values, counts, is_strict) in [
            (&[][..], false, false),
            (&["count=exact"], true, false),
            (&["Handling = \"Strict\" , return=minimal; COUNT=exact"], true, true),
            (&["return=minimal", "handling=strict"], false, true),
            (&["handling=lenient, count=none"], false, false),
            (&["handling", "strict", "count=exactly"], false, false),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("prefer", HeaderValue::from_static(value));
            }
            assert_eq!((prefers_count(&headers), prefers_strict(&headers)), (counts, is_strict), "{values:?}");
        }
    }
}
