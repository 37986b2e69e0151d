//! The metrics of requests.

use std::time::Duration;

use axum::http::StatusCode;

/// The `path` label of requests that match no route: a client must not be able to create time series.
const UNMATCHED: &str = "unmatched";

/// Counts a request that has arrived.
pub(super) fn begin() {
    metrics::gauge!("http_requests_in_flight").increment(1.0);
}

/// Counts a request that has ended, answered or not.
pub(super) fn end() {
    metrics::gauge!("http_requests_in_flight").decrement(1.0);
}

/// Counts an answer and its duration.
pub(super) fn answered(method: &'static str, route: Option<&str>, status: StatusCode, spent: Duration) {
    let path = route.unwrap_or(UNMATCHED).to_owned();
    metrics::histogram!("http_request_duration_seconds", "method" => method, "path" => path.clone()).record(spent);
    let code = status.as_str().to_owned();
    metrics::counter!("http_requests_total", "method" => method, "path" => path, "status" => code).increment(1);
}
