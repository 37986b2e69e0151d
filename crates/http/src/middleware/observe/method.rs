//! The request's method as metric labels and span attributes show it.

use axum::http::Method;

/// The name of every other method (OpenTelemetry's semantic conventions for HTTP).
pub(super) const OTHER: &str = "_OTHER";

/// The method, if HTTP defines it, else [`OTHER`]: a client must not be able to create time series.
pub(super) fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => OTHER,
    }
}
