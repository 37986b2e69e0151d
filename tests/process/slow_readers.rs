//! Readers that take little of their answers, or nothing: whoever else asks is answered (docs/architecture.md, decision 8).

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use partbook_test_support::contract::{CPU, GPU};
use partbook_test_support::http2::{Begun, Http2};
use partbook_test_support::lock::Lock;
use partbook_test_support::{Backend, Method, Server, backends, together, wire};

/// How often a test looks whether something has come about.
const LOOK: Duration = Duration::from_millis(50);

/// So many that the list fits neither into a portion nor into what a connection holds.
const ROWS: usize = 20_000;

/// What a reader takes without being asked, bytes.
const WINDOW: u32 = 65_535;

/// How long the write-ahead log may become, bytes.
const MAX_LOG: u64 = 32 * 1024 * 1024;

/// A service that waits for its readers as long as a test may take.
async fn patient(backend: Backend) -> Server {
    let options = Server::options().env("PARTBOOK_ANSWER_TIMEOUT", "3600").env("PARTBOOK_POOL_SIZE", "4");
    options.start(backend).await
}

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
    let service = patient(backend).await;
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
    // The pages alone are 240 MB.
    let peak = service.peak_memory();
    assert!(peak < 150_000_000, "{peak} bytes");
    // They go on when they want to.
    assert_eq!(rows(begun.pop().expect("a page")).await.len(), 20);
    assert_eq!(rows(begun.swap_remove(0)).await.len(), ROWS);
}

backends!(a_long_list_decides_at_its_beginning_which_rows_it_shows);
async fn a_long_list_decides_at_its_beginning_which_rows_it_shows(backend: Backend) {
    let service = patient(backend).await;
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
async fn the_write_ahead_log_does_not_wait_for_a_slow_reader(backend: Backend) {
    let service = patient(backend).await;
    service.fill(&CPU, ROWS).await;
    service.create(&GPU, 1).await;
    let client = Http2::connect(service.address(), WINDOW).await;
    let begun = client.get(CPU.path).await.expect("an answer");
    let log = format!("{}-wal", service.database().url().trim_start_matches("sqlite://"));
    // A megabyte each; and a reader of the service's own comes by.
    for written in 1..2 * (MAX_LOG >> 20) {
        service.sql("update gpu set notes = hex(randomblob(500000))").await;
        service.get(&format!("{}?limit=1", CPU.path)).await.expect(200);
        let length = fs::metadata(&log).expect("a log").len();
        assert!(length < MAX_LOG, "{length} bytes after {written} MB");
    }
    assert_eq!(rows(begun).await.len(), ROWS);
}

/// What a row of a megabyte counts while its reader is waited for: its text, and 4 KiB.
async fn counted(service: &Server, path: &str) -> f64 {
    let length = service.get(path).await.expect(200).body.len() + 4096;
    f64::from(u32::try_from(length).expect("a megabyte"))
}

// As many as fit into 4 MiB, and one more.
#[tokio::test]
async fn the_slowest_reader_is_given_up_for_another() {
    let options = Server::options().env("PARTBOOK_ANSWER_MEMORY", "4").env("PARTBOOK_ANSWER_TIMEOUT", "3600");
    let service = options.start(Backend::Sqlite).await;
    fill_with_large_rows(&service, 1).await;
    let row = format!("{}/1", GPU.path);
    let each = counted(&service, &row).await;
    let (client, other) = (Http2::connect(service.address(), 0).await, Http2::connect(service.address(), WINDOW).await);
    let waiting = |count: f64| {
        let expected = count * each;
        let is = move |bytes: Option<f64>| bytes.is_some_and(|bytes| (bytes - expected).abs() < 0.5);
        service.metrics_when(move |scrape| is(scrape.value("partbook_pending_answer_bytes", &[])))
    };
    let first = client.get(&row).await.expect("an answer");
    let mut begun = Vec::new();
    for _ in 0..3 {
        begun.push(other.get(&row).await.expect("an answer"));
    }
    assert!(begun.iter().all(|begun| begun.status == 200));
    let scrape = waiting(4.0).await;
    assert_eq!(scrape.value("partbook_answers_given_up_total", &[]), Some(0.0));
    // In the first second every reader is given its time, and another one is told to come again.
    let mut more = other.get(&row).await.expect("an answer");
    while more.status == 503 {
        more = other.get(&row).await.expect("an answer");
    }
    assert_eq!(more.status, 200);
    // Small answers are never refused.
    service.get(&format!("{}?limit=1&search=nothing", GPU.path)).await.expect(200);
    assert!(first.ended().await.is_some(), "the one that had taken nothing");
    begun.push(more);
    for begun in begun {
        assert!(begun.rest().await.is_ok_and(|body| body.len() > 1_000_000), "the others have theirs");
    }
    let scrape = waiting(0.0).await;
    assert_eq!(scrape.value("partbook_answers_given_up_total", &[]), Some(1.0));
}

// What is left of a megabyte beside the row is less than what the other one counts.
#[tokio::test]
async fn a_small_answer_is_never_refused() {
    let options = Server::options().env("PARTBOOK_ANSWER_MEMORY", "1").env("PARTBOOK_ANSWER_TIMEOUT", "3600");
    let service = options.start(Backend::Sqlite).await;
    fill_with_large_rows(&service, 1).await;
    let small = json!({"name": "small", "manufacturer": "M", "notes": "n".repeat(60_000)});
    let path = CPU.at(&service.created(CPU.path, &small).await["id"]);
    let row = format!("{}/1", GPU.path);
    let client = Http2::connect(service.address(), 0).await;
    let begun = client.get(&row).await.expect("an answer");
    assert_eq!(begun.status, 200);
    service.get(&path).await.expect(200);
    drop(begun);
}

backends!(lists_that_wait_leave_others_their_connections: Postgres);
async fn lists_that_wait_leave_others_their_connections(backend: Backend) {
    let service = patient(backend).await;
    let row = service.create(&GPU, 1).await;
    let lock = Lock::by(service.database(), "lock table cpu in access exclusive mode").await;
    let (over, is_over) = watch::channel(());
    let lists = async {
        // Each waits for two seconds, and is then 503.
        while !is_over.has_changed().expect("a sender") {
            together((0..8).map(|_| service.request(Method::GET, CPU.path)).collect::<Vec<_>>()).await;
        }
    };
    // Of four connections. The service itself may look at the schema with the last one meanwhile.
    let waiting = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock' and query like '%from cpu%'";
    let all_wait = async || {
        let count = service.database().value(waiting).await.and_then(|count| count.parse().ok());
        assert!(count <= Some(3), "{count:?} lists have a connection");
        count == Some(3)
    };
    let others = async {
        loop {
            if all_wait().await {
                service.get(&GPU.at(&row["id"])).await.expect(200);
                // So they have waited meanwhile.
                if all_wait().await {
                    break;
                }
            }
            tokio::time::sleep(LOOK).await;
        }
        lock.release().await;
        over.send(()).expect("a receiver");
    };
    tokio::join!(lists, others);
}

// Over HTTP/1.1 nobody asks for more of an answer until its connection takes what there is.
#[tokio::test]
async fn a_connection_whose_answer_is_given_up_is_closed() {
    let options = Server::options().env("PARTBOOK_ANSWER_MEMORY", "2").env("PARTBOOK_ANSWER_TIMEOUT", "3600");
    let service = options.start(Backend::Sqlite).await;
    fill_with_large_rows(&service, 25).await;
    let page = format!("{}?limit=20", GPU.path);
    let mut stream = wire::connect(service.address());
    wire::send(&mut stream, &format!("GET {page} HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: given-up\r\n\r\n"));
    assert_eq!(wire::status(&wire::head(&mut stream)), 200);
    let mut other = service.get(&page).await;
    while other.status == 503 {
        other = service.get(&page).await;
    }
    assert_eq!(other.expect(200).array().len(), 20);
    let lines = service.lines_of("given-up").await;
    assert_eq!(lines.last().expect("a line")["cut"], true, "{lines:?}");
}

// 800 MB in all.
#[tokio::test]
async fn streams_that_take_nothing_are_reset_and_take_up_little() {
    const STREAMS: usize = 100;
    let service = Server::options().env("PARTBOOK_ANSWER_TIMEOUT", "2").start(Backend::Sqlite).await;
    fill_with_large_rows(&service, 1).await;
    let row = format!("{}/1", GPU.path);
    let mut streams = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let client = Http2::connect(service.address(), 0).await;
        for _ in 0..STREAMS {
            let (client, row) = (client.clone(), row.clone());
            streams.spawn(async move { client.get(&row).await.expect("an answer").ended().await });
        }
    }
    while let Some(ended) = streams.join_next().await {
        assert!(ended.expect("no panic").is_some_and(|error| error.is_reset()), "each is reset by itself");
        // So many at once may keep a connection busy for longer than another one waits for it, but not for ever.
        while service.get("/v1/listings").await.status == 503 {}
    }
    let peak = service.peak_memory();
    assert!(peak < 300_000_000, "{peak} bytes");
    service.metrics_when(|scrape| scrape.value("partbook_pending_answer_bytes", &[]) == Some(0.0)).await;
    service.get(&row).await.expect(200);
}

// 60 MB of definitions.
#[tokio::test]
async fn definitions_are_not_built_up_in_memory() {
    const DEFINITIONS: usize = 600;
    const LENGTH: usize = 100_000;
    let service = patient(Backend::Sqlite).await;
    let insert = format!(
        "insert into custom_field_definition (entity, key, label, description, display_order, is_locked)
         with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {DEFINITIONS})
         select 'cpu', 'k' || n, 'x', printf('%.*c', {LENGTH}, 'x'), n, 0 from numbers"
    );
    service.sql(&insert).await;
    let client = Http2::connect(service.address(), WINDOW).await;
    for (path, least) in
        [("/v1/fields-data/cpu/schema", LENGTH), ("/v1/fields", LENGTH), ("/v1/fields/usage", "\"key\"".len())]
    {
        let text = client.get(path).await.expect("an answer").rest().await.expect("the whole answer");
        assert!(text.len() > DEFINITIONS * least && text.ends_with(b"]}"), "{path}: {} bytes", text.len());
    }
    let peak = service.peak_memory();
    assert!(peak < 100_000_000, "{peak} bytes");
}

// Half a list must not look whole, and the connection is of no use to anybody.
#[tokio::test]
async fn a_connection_whose_reader_takes_nothing_is_closed() {
    let service = Server::options().env("PARTBOOK_ANSWER_TIMEOUT", "1").start(Backend::Sqlite).await;
    service.fill(&CPU, ROWS).await;
    let mut stream = wire::connect(service.address());
    wire::send(&mut stream, &format!("GET {} HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: stalled\r\n\r\n", CPU.path));
    assert_eq!(wire::status(&wire::head(&mut stream)), 200);
    let lines = service.lines_of("stalled").await;
    assert_eq!(lines.last().expect("a line")["cut"], true, "{lines:?}");
    let mut rest = Vec::new();
    let ended = stream.read_to_end(&mut rest);
    assert!(ended.is_err() || !rest.ends_with(b"0\r\n\r\n"), "{} bytes", rest.len());
}
