//! A process that is killed while it holds a key.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{KEY, count, keyed};
use partbook_test_support::contract::LISTING;
use partbook_test_support::lock::Lock;
use partbook_test_support::{Server, backends, client};

// PostgreSQL gives up what a process held when the process is gone.
backends!(a_killed_process_does_not_keep_the_key: Postgres);
async fn a_killed_process_does_not_keep_the_key(service: Server) {
    let other = Server::options().start_on(service.database()).await;
    let body = json!({"title": "T", "price_usd": 1});
    let again = || keyed(&other, LISTING.path, "k", &body.to_string()).send();
    let lock = Lock::of_table(service.database(), LISTING.table).await;
    let client = client();
    let request = client.post(format!("{}{}", service.address(), LISTING.path)).header(KEY, "k");
    let first = tokio::spawn(request.header("Content-Type", "application/json").body(body.to_string()).send());
    service.database().waited_for(1).await;
    again().await.problem(409);
    drop(service);
    assert!(first.await.expect("no panic").is_err(), "the process is gone");
    lock.release().await;
    let begin = Instant::now();
    let mut answer = again().await;
    while answer.status == 409 && begin.elapsed() < Duration::from_secs(20) {
        answer = again().await;
    }
    let answer = answer.expect(201);
    assert_eq!(again().await.expect(201).text(), answer.text());
    assert_eq!(count(&other, LISTING.table).await, 1);
}
