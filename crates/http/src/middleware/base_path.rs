//! The path under which clients reach the service: a proxy may take it off before it passes a request on, or leave it.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// Takes the base path off a request that has it.
pub(super) fn strip(request: &mut Request, base: &str) {
    if let Some(uri) = without(request.uri(), base) {
        *request.uri_mut() = uri;
    }
}

fn without(uri: &Uri, base: &str) -> Option<Uri> {
    let rest = uri.path().strip_prefix(base).filter(|_| !base.is_empty())?;
    let path = match rest {
        "" => "/",
        rest if rest.starts_with('/') => rest,
        _ => return None,
    };
    let text = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
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
        ] {
            let uri: Uri = given.parse().unwrap();
            assert_eq!(without(&uri, base).map(|uri| uri.to_string()).as_deref(), stripped, "{given} under {base}");
        }
    }
}
