//! Negotiates the coding of an answer's body (RFC 9110, section 12.5.3), and compresses it.

use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};

use super::no_content::has_no_content;

/// Compresses the bodies of answers that have one: the layer of its own accord makes 20 bytes of none.
pub(crate) fn layer() -> CompressionLayer<impl Predicate> {
    let has_content = |status: StatusCode, _: Version, _: &HeaderMap, _: &Extensions| !has_no_content(status);
    CompressionLayer::new().compress_when(DefaultPredicate::new().and(has_content))
}

/// Reduces `Accept-Encoding` to `gzip` or nothing for the compression layer. That layer would refuse a client that accepts
/// neither gzip nor an uncompressed body, and only after the handler has done its work; such a client gets an uncompressed
/// body.
pub(crate) async fn negotiate(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    let takes = takes_gzip(headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()));
    headers.remove(header::ACCEPT_ENCODING);
    if takes {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    next.run(request).await
}

fn takes_gzip<'a>(values: impl Iterator<Item = &'a str>) -> bool {
    let (mut gzip, mut any) = (None, None);
    for element in values.flat_map(|value| value.split(',')) {
        let mut parts = element.split(';').map(str::trim);
        let coding = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let wanted = quality.is_none_or(|quality| quality.trim().parse::<f32>().is_ok_and(|quality| quality > 0.0));
        match coding.as_str() {
            "gzip" | "x-gzip" => gzip = Some(wanted),
            "*" => any = Some(wanted),
            _ => {}
        }
    }
    gzip.or(any).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::takes_gzip;

    #[test]
    fn gzip_is_taken_where_it_is_named_or_anything_is() {
        for (value, taken) in [
            ("", false),
            ("gzip", true),
            ("GZIP;q=0.5, br", true),
            ("br, x-gzip", true),
            ("*", true),
            ("gzip;q=0, *", false),
            ("gzip;q=0", false),
            ("identity;q=0", false),
            ("*;q=0", false),
            ("*;q=0, gzip", true),
            ("gzip;q=nonsense", false),
            ("br, deflate", false),
        ] {
            assert_eq!(takes_gzip([value].into_iter()), taken, "{value}");
        }
    }
}
