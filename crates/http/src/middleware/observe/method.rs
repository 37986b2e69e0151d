//! A request's method, as labels and attributes may show it.

use axum::http::Method;

/// What the conventions call a method that HTTP does not know.
pub(super) const OTHER: &str = "_OTHER";

/// The method, where it is one that HTTP knows: strangers must not be able to make series.
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
