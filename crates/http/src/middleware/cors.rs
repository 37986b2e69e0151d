//! Cross-origin requests (contract section 8), always without credentials.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::header::{
    CONSISTENCY_TOKEN, EXISTING, PREFERENCE_APPLIED, RATE_LIMIT, RATE_LIMIT_POLICY, REQUEST_ID, TOTAL_COUNT,
};

/// Answers preflights, and adds the CORS headers for these origins.
pub(crate) fn layer(origins: &[String]) -> CorsLayer {
    let origin = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        // The wildcard does not cover `Authorization` (Fetch standard).
        .allow_headers([HeaderName::from_static("*"), header::AUTHORIZATION])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::LINK,
            PREFERENCE_APPLIED,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            CONSISTENCY_TOKEN,
            EXISTING,
            RATE_LIMIT,
            RATE_LIMIT_POLICY,
            TOTAL_COUNT,
            REQUEST_ID,
        ])
        .max_age(std::time::Duration::from_mins(10))
}

/// Whether this is an OPTIONS request but no preflight, which has an origin and names the method to come (Fetch standard).
pub(crate) fn is_plain_options(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && !(headers.contains_key(header::ORIGIN) && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD))
}
