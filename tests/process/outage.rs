//! When the database is away, or does not let go of a lock (contract sections 6 and 8).

use std::time::{Duration, Instant};

use reqwest::Url;
use serde_json::json;

use partbook_test_support::contract::{CPU, catalog};
use partbook_test_support::lock::Lock;
use partbook_test_support::prometheus::Scrape;
use partbook_test_support::{Answer, Backend, Database, Method, Server, backends, together};

/// A PostgreSQL database that refuses connections until it is told to accept them again.
struct Outage {
    name: String,
    /// From here the other database is shut and opened.
    desk: Database,
}

impl Outage {
    async fn of(database: &Database) -> Self {
        let name = Url::parse(&database.url()).expect("a URL").path()[1..].to_owned();
        let outage = Self { name, desk: Database::create(Backend::Postgres) };
        outage.accept(false).await;
        let others =
            format!("select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = '{}'", outage.name);
        outage.desk.rows(&others).await;
        outage
    }

    async fn accept(&self, connections: bool) {
        self.desk.sql(&format!("alter database {} with allow_connections {connections}", self.name)).await;
    }
}

/// A 503 that says when to come again, and nothing about the inside.
#[track_caller]
fn unavailable(answer: &Answer) {
    let problem = answer.problem(503);
    let seconds = answer.header("retry-after").expect("Retry-After");
    assert!(seconds.parse::<u32>().is_ok_and(|seconds| (1..=120).contains(&seconds)), "{seconds}");
    for inside in ["sqlx", "127.0.0.1", "postgres", "PoolTimedOut", "Io(", "select"] {
        assert!(!problem.detail.contains(inside), "{}", problem.detail);
    }
}

/// The same request until its answer has the status; the pool has to find its connections again.
async fn until(service: &Server, path: &str, status: u16) -> Answer {
    let begin = Instant::now();
    loop {
        let answer = service.get(path).await;
        if answer.status == status || begin.elapsed() > Duration::from_secs(30) {
            return answer.expect(status);
        }
    }
}

backends!(a_database_that_is_away_is_said_to_be: Postgres);
async fn a_database_that_is_away_is_said_to_be(service: Server) {
    let row = service.create(&CPU, 1).await;
    let outage = Outage::of(service.database()).await;
    let health = until(&service, "/health", 503).await.json();
    assert_eq!(health["status"], "unavailable");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    service.get("/readyz").await.expect(503);
    service.get("/livez").await.expect(200);
    service.get("/openapi.json").await.expect(200);
    for entity in catalog() {
        unavailable(&service.get(entity.path).await);
    }
    let path = CPU.at(&row["id"]);
    unavailable(&service.get(&path).await);
    unavailable(&service.delete(&path).await);
    unavailable(&service.patch(&path, &json!({"notes": "x"})).await);
    unavailable(&service.put(&path, &row).await);
    unavailable(&service.post(CPU.path, &(CPU.minimal)(2)).await);
    unavailable(&service.get(&format!("{path}/listings")).await);
    unavailable(&service.get("/v1/listings").await);
    unavailable(&service.get("/v1/fields-data/cpu/records").await);
    // The id of a problem finds it in the log, as the API document says.
    let answer = service.request(Method::GET, &path).header("X-Request-ID", "needle-4711").send().await;
    unavailable(&answer);
    service.logged("needle-4711").await;
    // What needs no database is said without one.
    service.post("/health", &json!({})).await.problem(405);
    service.get("/v1/catalog/warp").await.problem(404);

    outage.accept(true).await;
    until(&service, "/health", 200).await;
    assert_eq!(until(&service, &path, 200).await.json(), row);
    service.get("/readyz").await.expect(200);
}

backends!(connections_that_were_cut_are_replaced: Postgres);
async fn connections_that_were_cut_are_replaced(service: Server) {
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    for _ in 0..3 {
        let cut = "select pg_terminate_backend(pid, 60000) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()";
        service.rows(cut).await;
        // A restarted server must not show: a read is safe to be asked again.
        let answer = service.get(&path).await;
        assert!([200, 503].contains(&answer.status), "{}", answer.status);
        until(&service, &path, 200).await;
    }
}

// A migration of the legacy service's. What was prepared before cannot be executed any more, on any connection.
backends!(a_database_that_was_read_only_is_written_again: Postgres);
async fn a_database_that_was_read_only_is_written_again(service: Server) {
    let database = Url::parse(&service.database().url()).expect("a URL").path()[1..].to_owned();
    let desk = Database::create(Backend::Postgres);
    let cut = format!("select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = '{database}'");
    desk.sql(&format!("alter database {database} set default_transaction_read_only = on")).await;
    desk.rows(&cut).await;
    // The first answers may be of connections that were cut.
    let begin = Instant::now();
    while until(&service, "/readyz", 503).await.json()["reason"] != "database read-only" {
        assert!(begin.elapsed() < Duration::from_secs(10), "it is not said that the database is read-only");
    }
    unavailable(&service.post(CPU.path, &(CPU.minimal)(1)).await);
    service.get(CPU.path).await.expect(200);
    // The connections of then are replaced, at most once a second.
    desk.sql(&format!("alter database {database} reset default_transaction_read_only")).await;
    until(&service, "/readyz", 200).await;
    let begin = Instant::now();
    while service.post(CPU.path, &(CPU.minimal)(1)).await.status != 201 {
        assert!(begin.elapsed() < Duration::from_secs(10), "no write succeeds");
    }
}

backends!(a_column_that_changes_its_type_is_noticed: Postgres, Legacy);
async fn a_column_that_changes_its_type_is_noticed(service: Server) {
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    let paths = [path.as_str(), CPU.path, "/v1/listings", "/readyz"];
    let change = || service.request(Method::PATCH, &path).json(&json!({"notes": "changed"}));
    // Enough for every connection there may be.
    let all = || {
        let reads = (0..12).map(|n| service.request(Method::GET, paths[n % paths.len()]));
        together(reads.chain((0..12).map(|_| change())))
    };
    for _ in 0..8 {
        all().await;
    }
    service
        .sql("alter table cpu alter column notes type varchar(70000), alter column igpu_model type varchar(200)")
        .await;
    let mut failed = 0;
    for number in 0..40 {
        let request = if number % 2 == 0 { change() } else { service.request(Method::GET, paths[number / 2 % 2]) };
        let answer = request.send().await;
        if answer.status != 200 {
            unavailable(&answer);
            failed += 1;
        }
    }
    assert_eq!(failed, 1, "one is told to come again, and nobody after it");
    for _ in 0..8 {
        for answer in all().await {
            answer.expect(200);
        }
    }
}

backends!(a_lock_that_cannot_be_had_is_a_503: Postgres);
async fn a_lock_that_cannot_be_had_is_a_503(service: Server) {
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    let lock = Lock::by(service.database(), "lock table cpu in access exclusive mode").await;
    unavailable(&service.patch(&path, &json!({"notes": "changed"})).await);
    service.get("/livez").await.expect(200);
    lock.release().await;
    assert_eq!(service.patch(&path, &json!({"notes": "x"})).await.expect(200).json()["notes"], "x");
}

backends!(a_file_that_another_writes_is_a_503: Sqlite);
async fn a_file_that_another_writes_is_a_503(service: Server) {
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    let lock = Lock::of_table(service.database(), CPU.table).await;
    unavailable(&service.patch(&path, &json!({"notes": "changed"})).await);
    // Readers are not in the way of a writer, nor it in theirs.
    service.get(&path).await.expect(200);
    lock.release().await;
    service.patch(&path, &json!({"notes": "x"})).await.expect(200);
}

// More writers than there are connections: those whose turn it is do not have every one.
backends!(writers_that_wait_leave_readers_their_connections);
async fn writers_that_wait_leave_readers_their_connections(backend: Backend) {
    let service = Server::options().env("PARTBOOK_POOL_SIZE", "2").start(backend).await;
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    let lock = Lock::of_table(service.database(), CPU.table).await;
    let write = |n: usize| service.request(Method::PATCH, &path).json(&json!({"attributes": {format!("key {n}"): n}}));
    let written = tokio::spawn(together((0..12).map(write).collect::<Vec<_>>()));
    service.metrics_when(|scrape| scrape.sum("http_requests_in_flight", &[]) > 12.5).await;
    // Who waits for the lock has a connection, who waits for its turn has none.
    let in_use = |scrape: &Scrape| scrape.value("partbook_db_pool_connections_in_use", &[]);
    service.metrics_when(|scrape| in_use(scrape) == Some(1.0)).await;
    for _ in 0..10 {
        assert_eq!(in_use(&service.metrics().await), Some(1.0));
    }
    service.get(&path).await.expect(200);
    lock.release().await;
    // On a busy machine the first may have been told to come again before the lock was let go.
    let answers = written.await.expect("answers");
    let row = service.get(&path).await.expect(200).json();
    for (n, answer) in answers.iter().enumerate() {
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        assert_eq!(row["attributes"][format!("key {n}")] == n, answer.status == 200, "{row:#}");
    }
    assert!(answers.iter().any(|answer| answer.status == 200));
}

// What most changes of a table's definition lock.
backends!(a_locked_table_is_a_503_and_stops_nothing_else: Postgres);
async fn a_locked_table_is_a_503_and_stops_nothing_else(service: Server) {
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    let lock = Lock::by(service.database(), "lock table cpu in access exclusive mode").await;
    // More than there are connections: each waits its two seconds and gives its connection back.
    let begin = Instant::now();
    for answer in together((0..12).map(|_| service.request(Method::GET, &path))).await {
        unavailable(&answer);
    }
    unavailable(&service.get(CPU.path).await);
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    service.get("/v1/catalog/gpus").await.expect(200);
    service.get("/health").await.expect(200);
    lock.release().await;
    service.get(&path).await.expect(200);
}
