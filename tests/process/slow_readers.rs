//! Readers that take little of their answers, or nothing: whoever else asks is answered (docs/architecture.md, decision 8).

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use partbook_test_support::contract::{CPU, GPU};
use partbook_test_support::http2::{Begun, Http2};
use partbook_test_support::{Backend, Server, backends};

/// So many that the list fits neither into a portion nor into what a connection holds.
const ROWS: usize = 20_000;

/// What a reader takes without being asked, bytes.
const WINDOW: u32 = 65_535;

/// How long the write-ahead log may become, bytes.
const MAX_LOG: u64 = 32 * 1024 * 1024;

/// Rows of a megabyte each.
async fn fill_with_large_rows(service: &Server, rows: usize) {
    service.fill(&GPU, rows).await;
    let is_sqlite = service.database().url().starts_with("sqlite");
    let text = if is_sqlite { "printf('%.*c', 1000000, 'x')" } else { "repeat('x', 1000000)" };
    service.sql(&format!("update gpu set notes = {text}")).await;
}

async fn rows(begun: Begun) -> Vec<Value> {
    let text = begun.rest().await.expect("the whole list");
    serde_json::from_slice(&text).expect("an array")
}

backends!(readers_that_do_not_read_hold_no_connection);
async fn readers_that_do_not_read_hold_no_connection(backend: Backend) {
    let service = Server::options().env("PARTBOOK_POOL_SIZE", "4").start(backend).await;
    service.fill(&CPU, ROWS).await;
    fill_with_large_rows(&service, 25).await;
    let page = format!("{}?limit=20", GPU.path);
    let client = Http2::connect(service.address(), WINDOW).await;
    let mut begun = Vec::new();
    for path in [CPU.path; 7].into_iter().chain([&*page; 12]) {
        let answer = client.get(path).await.expect("an answer");
        assert_eq!(answer.status, 200, "{path}");
        begun.push(answer);
    }
    service.metrics_when(|scrape| scrape.value("partbook_db_pool_connections_in_use", &[]) == Some(0.0)).await;
    assert_eq!(service.get(CPU.path).await.expect(200).array().len(), ROWS);
    assert_eq!(service.get(&page).await.expect(200).array().len(), 20);
    service.get(&format!("{}/1", GPU.path)).await.expect(200);
    service.get("/readyz").await.expect(200);
    // They go on when they want to.
    assert_eq!(rows(begun.pop().expect("a page")).await.len(), 20);
    assert_eq!(rows(begun.swap_remove(0)).await.len(), ROWS);
}

backends!(a_long_list_decides_at_its_beginning_which_rows_it_shows);
async fn a_long_list_decides_at_its_beginning_which_rows_it_shows(service: Server) {
    service.fill(&CPU, ROWS).await;
    let client = Http2::connect(service.address(), WINDOW).await;
    let begun = client.get(CPU.path).await.expect("an answer");
    // In the order of names `Row 1000` comes before `Row 999`, and these rows are far behind what has been read.
    service.sql("delete from cpu where name >= 'Row 98' and name < 'Row 99'").await;
    service
        .sql("update cpu set name = 'A ' || name, notes = 'changed' where name >= 'Row 97' and name < 'Row 98'")
        .await;
    service.sql("insert into cpu (name, manufacturer) values ('Row 999 b', 'new')").await;
    let rows = rows(begun).await;
    let with_digits = |digits: &str| (1..=ROWS).filter(|n| n.to_string().starts_with(digits)).count();
    assert_eq!(rows.len(), ROWS - with_digits("98"));
    let ids: BTreeSet<i64> = rows.iter().filter_map(|row| row["id"].as_i64()).collect();
    assert_eq!(ids.len(), rows.len(), "each is shown once");
    assert_eq!(rows.iter().filter(|row| row["notes"] == "changed").count(), with_digits("97"));
    assert!(rows.iter().all(|row| row["manufacturer"] != "new"));
}

// Every change is in the log until no reader wants the file as it was before.
backends!(the_write_ahead_log_does_not_wait_for_a_slow_reader: Sqlite);
async fn the_write_ahead_log_does_not_wait_for_a_slow_reader(service: Server) {
    service.fill(&CPU, ROWS).await;
    let row = GPU.at(&service.create(&GPU, 1).await["id"]);
    let client = Http2::connect(service.address(), WINDOW).await;
    let begun = client.get(CPU.path).await.expect("an answer");
    let log = format!("{}-wal", service.database().url().trim_start_matches("sqlite://"));
    let mut written = 0;
    for letter in ('a'..='z').cycle() {
        let text = letter.to_string().repeat(500_000);
        service.patch(&row, &json!({"notes": text})).await.expect(200);
        written += text.len() as u64;
        let length = fs::metadata(&log).expect("a log").len();
        assert!(length < MAX_LOG, "{length} bytes after {written}");
        if written > 2 * MAX_LOG {
            break;
        }
    }
    assert_eq!(rows(begun).await.len(), ROWS);
}
