//! The path under which clients reach the service: a proxy may take it off before it passes a request on, or leave it.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// Takes the base path off a request that has it. Slashes too many at the beginning, and after the base path, go: proxies that
/// join paths carelessly make them.
pub(super) fn strip(request: &mut Request, base: &str) {
    if let Some(uri) = without(request.uri(), base) {
        *request.uri_mut() = uri;
    }
}

/// The address without the base path; none if it stays as it is.
fn without(uri: &Uri, base: &str) -> Option<Uri> {
    let given = uri.path();
    let path = from_last_leading_slash(given);
    let rest = path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(path);
    let rest = if rest.is_empty() { "/" } else { from_last_leading_slash(rest) };
    if rest == given {
        return None;
    }
    let text = uri.query().map_or_else(|| rest.to_owned(), |query| format!("{rest}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

/// A path that begins with one slash, however many there were.
fn from_last_leading_slash(path: &str) -> &str {
    let slashes = path.len() - path.trim_start_matches('/').len();
    &path[slashes.saturating_sub(1)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_path_goes_where_it_is_one() {
        for (given, base, stripped) in [
            ("/parts/v1/catalog/cpus?a=1&b", "/parts", Some("/v1/catalog/cpus?a=1&b")),
            ("/parts", "/parts", Some("/")),
            ("/parts/?x", "/parts", Some("/?x")),
            ("http://host/a/b/docs", "/a/b", Some("http://host/docs")),
            ("/partsbook/docs", "/parts", None),
            ("/v1/catalog/cpus", "/parts", None),
            ("/v1/parts/docs", "/parts", None),
            ("/docs", "", None),
            ("//docs?x", "", Some("/docs?x")),
            ("///", "", Some("/")),
            ("/docs//", "", None),
            ("//parts//v1/catalog/cpus", "/parts", Some("/v1/catalog/cpus")),
            ("//v1//catalog/cpus", "/parts", Some("/v1//catalog/cpus")),
            ("//partsbook", "/parts", Some("/partsbook")),
            ("*", "/parts", None),
            ("/a//b/docs", "/a/b", None),
        ] {
            let uri: Uri = given.parse().unwrap();
            assert_eq!(without(&uri, base).map(|uri| uri.to_string()).as_deref(), stripped, "{given} under {base}");
        }
    }
}
