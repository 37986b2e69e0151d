//! Clients that hang up while their request is worked on: nobody who comes after them may notice.

use std::time::Duration;

use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Server, backends, wire};

backends!(a_client_that_hangs_up_leaves_nothing_open: Postgres);
async fn a_client_that_hangs_up_leaves_nothing_open(backend: Backend) {
    // With one connection, whatever one request leaves behind the next one meets.
    let service = Server::options().env("PARTBOOK_POOL_SIZE", "1").start(backend).await;
    let row = service.create(&CPU, 1).await;
    let path = CPU.at(&row["id"]);
    for number in 0..150_u64 {
        let mut stream = wire::connect(service.address());
        let body = format!(r#"{{"cores":{}}}"#, number % 200 + 1);
        let head =
            format!("PATCH {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ");
        wire::send(&mut stream, &format!("{head}{}\r\n\r\n{body}", body.len()));
        // Somewhere between its arrival and its answer.
        tokio::time::sleep(Duration::from_micros(number * 20)).await;
        drop(stream);
        if number % 10 == 0 {
            service.get(&path).await.expect(200);
        }
    }
    // The last of them may still be worked on, and change what it asked for.
    service.patch(&path, &serde_json::json!({"threads": 7})).await.expect(200);
    assert_eq!(service.get(&path).await.expect(200).json()["threads"], 7);
    // A transaction that was left open would hold its locks until the connection is closed.
    let idle = "select count(*)::text from pg_stat_activity
        where datname = current_database() and application_name = 'partbook' and state like 'idle in transaction%'";
    assert_eq!(service.rows(idle).await, [[Some("0".to_owned())]]);
    service.sql("set lock_timeout = '5s'; alter table cpu add column extra integer").await;
    assert!(!service.log().contains("already a transaction in progress"), "{}", service.log());
}
