//! A service that does not do what it promises: which check says so, and what is left.

use super::{Smoke, collection, contents, furnish, kinds};
use partbook_test_support::contract::{CPU, RAM_SPEC};
use partbook_test_support::{Backend, Database, Server, backends};

backends!(a_table_that_is_gone_shows_in_the_checks_of_its_rows: Sqlite);
async fn a_table_that_is_gone_shows_in_the_checks_of_its_rows(service: Server) {
    service.sql("alter table port rename to port_gone").await;
    let finished = Smoke::of(&service).run().ended(1);
    assert!(finished.line("FAIL readyz: ready (200): expected 200, got 503: ").contains("(X-Request-ID smoke-"));
    finished.line("FAIL ports-profiles: create (201, Location): expected 201, got 50");
    for check in ["read (200)", "create a listing that uses it (201)", "delete is refused while in use (409)"] {
        assert!(finished.has(&format!("skip ports-profiles: {check}: an earlier check failed")), "{finished}");
    }
    assert!(finished.has("ok   ram-specs: create (201, Location)"), "{finished}");
    let summary = finished.summary();
    assert!(summary.contains(" failed, ") && !summary.contains(" 0 failed") && !summary.contains(" 0 skipped"));
    // Parts could be made and must be gone, though lists of ports profiles cannot be had.
    assert_eq!(service.database().value("select count(*) from cpu").await.as_deref(), Some("0"));
    assert!(finished.line("FAIL cleanup: ").contains("could not look for rows named smoke-"), "{finished}");
}

backends!(a_reader_of_a_broken_service_is_told: Sqlite);
async fn a_reader_of_a_broken_service_is_told(service: Server) {
    furnish(&service).await;
    service.sql("alter table gpu rename to gpu_gone").await;
    let finished = Smoke::of(&service).arg("--read-only").run().ended(1);
    finished.line("FAIL gpus: list (200): expected 200, got 50");
    assert!(finished.has("skip gpus: read the first (200): an earlier check failed"), "{finished}");
}

/// A service whose role has every right but one.
async fn without(database: &Database, right: &str) -> Server {
    let url = database.restricted_url().await;
    let role = reqwest::Url::parse(&url).expect("a URL").username().to_owned();
    database.sql(&format!("revoke {right} from {role}")).await;
    Server::options().env("DATABASE_URL", &url).start_on(database).await
}

backends!(listings_that_may_not_be_written_are_not_passed_over: Legacy);
async fn listings_that_may_not_be_written_are_not_passed_over(database: Database) {
    let service = without(&database, "insert, update, delete on listing").await;
    let before = contents(&database).await;
    let finished = Smoke::of(&service).run().ended(1);
    for collection in kinds().into_iter().map(collection) {
        finished.line(&format!("FAIL {collection}: create a listing that uses it (201): expected 201, got 503: "));
        let skipped = format!("skip {collection}: delete is refused while in use (409): an earlier check failed");
        assert!(finished.has(&skipped), "{finished}");
        assert!(finished.has(&format!("ok   {collection}: delete (204)")), "{finished}");
    }
    assert!(finished.summary().contains(&format!(" {} failed, ", kinds().len())), "{finished}");
    assert!(finished.summary().ends_with("--no-listings"), "{finished}");
    Smoke::of(&service).arg("--no-listings").run().green();
    assert_eq!(contents(&database).await, before);
}

backends!(what_could_not_be_deleted_is_named: Legacy);
async fn what_could_not_be_deleted_is_named(database: Database) {
    let service = without(&database, "delete on cpu").await;
    let finished = Smoke::of(&service).run().ended(1);
    finished.line("FAIL cpus: delete (204): expected 204, got ");
    let rows = service.get(CPU.path).await.expect(200).array();
    assert_eq!(rows.len(), 2);
    let complaint = finished.line("FAIL cleanup: nothing is left: could not delete ");
    for row in rows {
        assert!(complaint.contains(&CPU.at(&row["id"])), "{finished}");
    }
    let others = "select (select count(*) from gpu) + (select count(*) from ram_spec) + (select count(*) from listing)";
    assert_eq!(database.value(others).await.as_deref(), Some("0"));
}

backends!(ram_that_is_there_is_left_alone: Sqlite);
async fn ram_that_is_there_is_left_alone(service: Server) {
    // Every natural key that the script could choose; get-or-create would answer these rows.
    let fill = format!(
        "insert into {} (label, ddr_generation, speed_mhz, module_count, capacity_per_module_gb, total_capacity_gb,
             attributes_json)
         with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 9999)
         select 'Theirs', 'hbm3', n, 7, 251, 1, '{{}}' from numbers",
        RAM_SPEC.table
    );
    service.sql(&fill).await;
    let before = contents(service.database()).await;
    let finished = Smoke::of(&service).arg("--no-listings").run().ended(1);
    let complaint = finished.line("FAIL ram-specs: create (201, Location): ");
    assert!(complaint.contains("they were left alone"), "{complaint}");
    assert!(finished.summary().contains(", 1 failed, "), "{finished}");
    assert!(contents(service.database()).await == before, "rows were changed");
    let measured = Smoke::of(&service).arg("--budget").env("REQUESTS", "1").run().ended(1);
    assert!(measured.line("FAIL ram-specs: ").contains("they were left alone"), "{measured}");
    assert!(contents(service.database()).await == before, "rows were changed");
}

#[tokio::test]
async fn another_service_is_written_nothing() {
    let service = Server::start(Backend::Sqlite).await;
    let before = contents(service.database()).await;
    let finished = Smoke::at(&format!("{}/elsewhere", service.address())).run().ended(1);
    finished.line("FAIL health: ok (200): expected 200, got 404: ");
    assert!(finished.has("skip cpus: all checks: an earlier check failed"), "{finished}");
    assert_eq!(contents(service.database()).await, before);
}

#[tokio::test]
async fn metrics_that_are_none_are_refused() {
    let service = Server::start(Backend::Sqlite).await;
    let smoke = |path| {
        let url = format!("{}{path}", service.address());
        Smoke::of(&service).arg("--read-only").env("METRICS_URL", &url).run().ended(1)
    };
    let json = smoke("/health");
    json.line("FAIL metrics: text (200): expected text/plain, got 'application/json'");
    assert!(json.has("skip metrics: http_requests_total: an earlier check failed"), "{json}");
    smoke("/nothing").line("FAIL metrics: text (200): expected 200, got 404: ");
}
