//! The headers that every answer has, whichever layer made it (contract section 8).

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// A cache asks before each use, so that nobody edits a row that is no longer so; and a proxy leaves the bytes alone, of
/// which the entity tag is a hash.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache, no-transform");

/// Adds them to the answer to a request.
pub(super) fn add(headers: &mut HeaderMap, method: &Method, path: &str) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if matches!(*method, Method::GET | Method::HEAD) && changes(path) {
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
        for (method, path, is_told) in [
            (Method::GET, "/v1/catalog/gpus", true),
            (Method::HEAD, "/v1/catalog/gpus/1", true),
            (Method::GET, "/v1", true),
            (Method::GET, "/health", true),
            (Method::GET, "/health/", true),
            (Method::GET, "/metrics", true),
            (Method::POST, "/v1/catalog/gpus", false),
            (Method::GET, "/docs", false),
            (Method::GET, "/healthy", false),
        ] {
            let mut headers = HeaderMap::new();
            add(&mut headers, &method, path);
            let told = headers.get(header::CACHE_CONTROL).map(HeaderValue::as_bytes);
            assert_eq!(told, is_told.then_some(&b"no-cache, no-transform"[..]), "{method} {path}");
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
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
