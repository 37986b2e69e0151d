//! `Idempotency-Key` and processes that start, and that end in the middle of their work (docs/reliability.md).

mod crash;
mod killed;
mod sweep;

use partbook_test_support::{Method, Request, Service};

const KEY: &str = "Idempotency-Key";

/// A POST with a key. The id of the request is always the same, since problems show it.
fn keyed(service: &Service, path: &str, key: &str, body: &str) -> Request {
    service.request(Method::POST, path).header(KEY, key).header("X-Request-ID", "same").body_text(body)
}

/// How many rows there are.
async fn count(service: &Service, table: &str) -> usize {
    let count = service.database().value(&format!("select count(*) from {table}")).await;
    count.and_then(|count| count.parse().ok()).expect("a number")
}
