//! The figures of what the service looks at in the background, and of its limits: there from the first scrape on.

use std::fs;

use partbook_test_support::prometheus::{Scrape, scraped};
use partbook_test_support::{Backend, Database, Server, backends, partbook, wire};
use tempfile::TempDir;

const LAST_VERIFIED: &str = "partbook_backup_last_verified_timestamp_seconds";
const LAST_ATTEMPT: &str = "partbook_backup_last_attempt_timestamp_seconds";
const ATTEMPT_FAILED: &str = "partbook_backup_last_attempt_failed";
const RUN_FAILED: &str = "partbook_migrations_last_run_failed";
const CONNECTIONS: &str = "partbook_connections";

/// Whether every one of these is zero.
fn are_zero(scrape: &Scrape, names: &[&str]) -> bool {
    names.iter().all(|name| scrape.value(name, &[]) == Some(0.0))
}

backends!(what_is_not_known_yet_is_zero: Sqlite, Postgres, Legacy);
async fn what_is_not_known_yet_is_zero(service: Server) {
    let scrape = service.metrics().await;
    let names = [
        "partbook_db_slow_statements_total",
        "partbook_schema_drift",
        "partbook_migrations_pending",
        RUN_FAILED,
        LAST_VERIFIED,
        LAST_ATTEMPT,
        ATTEMPT_FAILED,
        "partbook_backup_size_bytes",
        "partbook_backup_duration_seconds",
    ];
    for name in names {
        assert!(are_zero(&scrape, &[name]), "{name}");
    }
    assert!(scrape.value("partbook_schema_version", &[]).is_some());
    for result in ["done", "failed"] {
        assert!(scrape.value("partbook_migrations_total", &[("result", result)]).is_some(), "{result}");
    }
}

backends!(limits_are_told_beside_what_is_taken: Sqlite, Postgres, Legacy);
async fn limits_are_told_beside_what_is_taken(backend: Backend) {
    const MEBIBYTE: f64 = 1_048_576.0;
    let options = Server::options().env("PARTBOOK_ANSWER_MEMORY", "3").env("PARTBOOK_BODY_MEMORY", "8");
    let service = options.env("PARTBOOK_IDEMPOTENCY_SIZE", "5").start(backend).await;
    let scrape = service.metrics().await;
    for (name, mebibytes) in
        [("partbook_pending_answer_bytes", 3.0), ("partbook_body_bytes", 8.0), ("partbook_idempotency_bytes", 5.0)]
    {
        assert!(scrape.value(name, &[]).is_some(), "{name}");
        assert_eq!(scrape.value(&format!("{name}_max"), &[]), Some(mebibytes * MEBIBYTE), "{name}");
    }
    assert_eq!(scrape.value("partbook_connections_max", &[]), Some(900.0));
    assert!(scrape.value("partbook_cpus", &[]) >= Some(1.0));
}

backends!(connections_are_counted: Sqlite);
async fn connections_are_counted(service: Server) {
    let open = |scrape: &Scrape| scrape.value(CONNECTIONS, &[("listener", "public")]).expect("a gauge");
    // That of the scrapes is kept open.
    let kept = open(&service.metrics_when(|scrape| open(scrape) > 0.5).await);
    let is = |wanted: f64| move |scrape: &Scrape| (open(scrape) - wanted).abs() < 0.5;
    let streams: Vec<_> = (0..3).map(|_| wire::connect(service.address())).collect();
    service.metrics_when(is(kept + 3.0)).await;
    drop(streams);
    service.metrics_when(is(kept)).await;
}

backends!(connections_of_operators_are_counted_apart: Sqlite);
async fn connections_of_operators_are_counted_apart(backend: Backend) {
    let service = Server::options().env("PARTBOOK_ADMIN_LISTEN", "127.0.0.1:0").start(backend).await;
    let scrape = scraped(&service.admin().get("/metrics").await);
    assert!(scrape.value(CONNECTIONS, &[("listener", "admin")]) > Some(0.0), "that of the scrape itself");
    assert!(scrape.value(CONNECTIONS, &[("listener", "public")]).is_some());
}

backends!(the_latest_run_of_migrations_is_told);
async fn the_latest_run_of_migrations_is_told(backend: Backend) {
    let database = Database::prepared(backend);
    let runs = database.own("migration_run");
    let of_result = |scrape: &Scrape, result: &str| scrape.value("partbook_migrations_total", &[("result", result)]);
    for (result, failed) in [("failed", 1.0), ("done", 0.0)] {
        database.sql(&format!("update {runs} set result = '{result}' where id = (select max(id) from {runs})")).await;
        let service = Server::options().start_on(&database).await;
        let scrape = service
            .metrics_when(|scrape| {
                scrape.value("partbook_schema_version", &[]) > Some(0.0)
                    && scrape.value(RUN_FAILED, &[]) == Some(failed)
                    && of_result(scrape, result) >= Some(1.0)
            })
            .await;
        assert_eq!(of_result(&scrape, "failed"), Some(failed));
        assert!(service.stop().await.success());
    }
}

backends!(the_last_verified_backup_and_the_last_attempt_are_told);
async fn the_last_verified_backup_and_the_last_attempt_are_told(backend: Backend) {
    let database = Database::prepared(backend);
    let directory = TempDir::with_prefix("partbook-test-").expect("a temporary directory");
    let path = directory.path().join("backups");
    let path = path.to_str().expect("a path in UTF-8");
    let create =
        || partbook(&["backup", "create"]).env("DATABASE_URL", &database.url()).env("PARTBOOK_BACKUP_DIR", path);
    let service = async || Server::options().env("PARTBOOK_BACKUP_DIR", path).start_on(&database).await;

    assert!(create().run().await.status.success());
    let server = service().await;
    let scrape = server.metrics_when(|scrape| scrape.value(LAST_VERIFIED, &[]) > Some(0.0)).await;
    for name in ["partbook_backup_size_bytes", "partbook_backup_duration_seconds"] {
        assert!(scrape.value(name, &[]) > Some(0.0), "{name}");
    }
    let attempted = server.metrics_when(|scrape| scrape.value(LAST_ATTEMPT, &[]) > Some(0.0)).await;
    assert_eq!(attempted.value(ATTEMPT_FAILED, &[]), Some(0.0));
    assert!(server.stop().await.success());

    // No file may grow to what a backup is.
    assert!(!create().file_limit(8).run().await.status.success());
    let server = service().await;
    let scrape = server.metrics_when(|scrape| scrape.value(ATTEMPT_FAILED, &[]) == Some(1.0)).await;
    assert!(scrape.value(LAST_VERIFIED, &[]) > Some(0.0), "the one before is still there");
    assert!(server.stop().await.success());

    fs::remove_dir_all(path).expect("a directory");
    let server = service().await;
    assert!(are_zero(&server.metrics().await, &[LAST_VERIFIED, LAST_ATTEMPT, ATTEMPT_FAILED]));
}
