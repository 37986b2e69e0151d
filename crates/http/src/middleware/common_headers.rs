//! The headers that every answer has, whichever layer made it (contract section 8).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// A cache asks before each use, so that nobody edits a row that is no longer so; and a proxy leaves the bytes alone, of
/// which the entity tag is a hash. An answer to a change has a tag as well.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache, no-transform");

/// The same of an answer to somebody with credentials: no cache that others share keeps it.
const ASK_FIRST_ALONE: HeaderValue = HeaderValue::from_static("private, no-cache, no-transform");

/// Whom an answer is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Whoever asks.
    All,
    /// Somebody with credentials.
    One,
}

/// Adds them to the answer to a request.
pub(super) fn add(headers: &mut HeaderMap, path: &str, audience: Audience) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if audience == Audience::One {
        headers.insert(header::CACHE_CONTROL, ASK_FIRST_ALONE);
    } else if changes(path) {
        headers.insert(header::CACHE_CONTROL, ASK_FIRST);
    }
    join(headers, &header::VARY);
}

/// Whether the answer at this path is another one from one moment to the next.
fn changes(path: &str) -> bool {
    ["/v1", "/health", "/metrics"].iter().any(|base| {
        let rest = path.strip_prefix(base);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Joins all lines of a header that lists words; each word is named once. Caches are known that read one line only.
fn join(headers: &mut HeaderMap, name: &HeaderName) {
    let mut words: Vec<String> = Vec::new();
    for value in headers.get_all(name).iter().filter_map(|value| value.to_str().ok()) {
        for word in value.split(',').map(|word| word.trim().to_ascii_lowercase()) {
            if !word.is_empty() && !words.contains(&word) {
                words.push(word);
            }
        }
    }
    if let Ok(value) = HeaderValue::from_str(&words.join(", "))
        && !words.is_empty()
    {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_not_used_unasked() {
        for (path, is_told) in [
            ("/v1/catalog/gpus", true),
            ("/v1/catalog/gpus/1", true),
            ("/v1", true),
            ("/health", true),
            ("/health/", true),
            ("/metrics", true),
            ("/docs", false),
            ("/healthy", false),
        ] {
            let mut headers = HeaderMap::new();
            add(&mut headers, path, Audience::All);
            let told = headers.get(header::CACHE_CONTROL).map(HeaderValue::as_bytes);
            assert_eq!(told, is_told.then_some(&b"no-cache, no-transform"[..]), "{path}");
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            add(&mut headers, path, Audience::One);
            assert_eq!(headers[header::CACHE_CONTROL], "private, no-cache, no-transform", "{path}");
        }
    }

    #[test]
    fn lines_of_vary_become_one() {
        let mut headers = HeaderMap::new();
        join(&mut headers, &header::VARY);
        assert!(headers.is_empty());
        for value in ["origin, Access-Control-Request-Method", "accept-encoding", "Origin"] {
            headers.append(header::VARY, HeaderValue::from_static(value));
        }
        join(&mut headers, &header::VARY);
        let lines: Vec<_> = headers.get_all(header::VARY).iter().collect();
        assert_eq!(lines, ["origin, access-control-request-method, accept-encoding"]);
    }
}
