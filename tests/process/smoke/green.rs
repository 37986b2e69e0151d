//! A service that does what it promises.

use serde_json::json;

use super::budget::LIMITS;
use super::{Finished, Smoke, collection, contents, furnish, kinds};
use partbook_test_support::contract::{CPU, LISTING};
use partbook_test_support::{Backend, Server, backends};

/// What the service has logged of the script's requests.
fn requests(service: &Server) -> impl Iterator<Item = String> {
    let log = service.log();
    let lines: Vec<String> = log.lines().filter(|line| line.contains("\"smoke-")).map(str::to_owned).collect();
    assert!(!lines.is_empty(), "{log}");
    lines.into_iter()
}

/// A whole run that leaves every table as it was.
async fn leaves_all_as_it_was(service: &Server, smoke: Smoke) -> Finished {
    let before = contents(service.database()).await;
    let finished = smoke.run().green();
    assert_eq!(contents(service.database()).await, before, "{finished}");
    finished
}

backends!(all_is_checked_and_nothing_is_left: Sqlite);
async fn all_is_checked_and_nothing_is_left(service: Server) {
    furnish(&service).await;
    let default = json!({"name": "House", "weights_json": {}, "is_default": true});
    service.created("/v1/catalog/profiles", &default).await;
    let finished = leaves_all_as_it_was(&service, Smoke::of(&service)).await;
    let version = env!("CARGO_PKG_VERSION");
    assert!(finished.has(&format!("ok   health: ok (200): version {version}, environment development, database ok")));
    for check in [
        "readyz: ready (200)",
        "livez: alive (200)",
        "metrics: text (200)",
        "metrics: http_requests_total",
        "metrics: http_request_duration_seconds_bucket",
        "fields-data: all entities (200)",
        "fields-data: schema of listing (200)",
        "cleanup: nothing is left",
    ] {
        assert!(finished.has(&format!("ok   {check}")), "{check} in\n{finished}");
    }
    assert!(finished.has("ok   ports-profiles: patch of notes, which it has not (200)"), "{finished}");
    for entity in kinds() {
        assert!(finished.has(&format!("ok   fields-data: schema of {} (200)", entity.name)), "{finished}");
        let collection = collection(entity);
        let duplicate = if entity.get_or_create {
            "duplicate answers the row that is there (201)"
        } else {
            "duplicate is refused (422)"
        };
        for check in [
            "create (201, Location)",
            "create a second (201, Location)",
            duplicate,
            "PATCH to a taken key is refused (422)",
            "PUT to a taken key is refused (422)",
            "list (200)",
            "read (200)",
            "list finds it (200)",
            "create a listing that uses it (201)",
            "patch (200)",
            "listing still uses it (200)",
            "put (200)",
            "its listings (200)",
            "delete is refused while in use (409)",
            "delete the listing (204)",
            "delete (204)",
            "gone then (404)",
            "delete the second (204)",
        ] {
            assert!(finished.has(&format!("ok   {collection}: {check}")), "{collection}: {check} in\n{finished}");
        }
    }
    // Not on a terminal: no colours.
    assert!(!finished.stdout.contains('\u{1b}'));
}

#[tokio::test]
async fn old_rows_are_no_obstacle() {
    let service = Server::legacy_with_rows().await;
    leaves_all_as_it_was(&service, Smoke::of(&service)).await;
    leaves_all_as_it_was(&service, Smoke::of(&service).arg("--no-listings")).await;
    leaves_all_as_it_was(&service, Smoke::of(&service).arg("--read-only")).await;
}

backends!(two_at_once_do_not_meet: Sqlite);
async fn two_at_once_do_not_meet(service: Server) {
    let before = contents(service.database()).await;
    let (one, other) = (Smoke::of(&service), Smoke::of(&service));
    let beside = std::thread::spawn(move || one.run());
    let finished = [other.run(), beside.join().expect("a run")];
    for run in finished {
        run.green();
    }
    assert_eq!(contents(service.database()).await, before);
}

backends!(without_listings_none_is_made: Sqlite);
async fn without_listings_none_is_made(service: Server) {
    let finished = leaves_all_as_it_was(&service, Smoke::of(&service).arg("--no-listings")).await;
    assert!(finished.summary().ends_with("what needs a listing was left out (--no-listings)"), "{finished}");
    assert!(finished.has("ok   cpus: its listings: none (200)"), "{finished}");
    assert!(requests(&service).all(|line| !line.contains("\"/v1/listings")));
}

backends!(a_service_is_only_read_when_asked: Sqlite);
async fn a_service_is_only_read_when_asked(service: Server) {
    let empty = leaves_all_as_it_was(&service, Smoke::of(&service).arg("--read-only")).await;
    for collection in kinds().into_iter().map(collection) {
        assert!(empty.has(&format!("ok   {collection}: list (200): no rows")), "{empty}");
    }
    furnish(&service).await;
    let finished = leaves_all_as_it_was(&service, Smoke::of(&service).arg("--read-only")).await;
    for collection in kinds().into_iter().map(collection) {
        for check in ["list", "read the first", "its listings"] {
            assert!(finished.has(&format!("ok   {collection}: {check} (200)")), "{finished}");
        }
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        assert!(requests(&service).all(|line| !line.contains(&format!("\"{method}\""))), "{method}");
    }
}

backends!(rows_are_left_and_listed_when_asked: Sqlite);
async fn rows_are_left_and_listed_when_asked(service: Server) {
    let finished = Smoke::of(&service).env("CLEANUP", "0").run().green();
    let mut left = 0;
    let users: usize = kinds().iter().map(|entity| entity.used_through.len().min(1)).sum();
    for entity in kinds().into_iter().chain([&LISTING]) {
        let rows = service.get(&format!("{}?search=smoke-", entity.path)).await.expect(200).array();
        assert_eq!(rows.len(), if entity.name == "listing" { users } else { 2 });
        for row in rows {
            let path = format!("  {}{}", service.address(), entity.at(&row["id"]));
            assert!(finished.has(&path), "{path} in\n{finished}");
            left += 1;
        }
    }
    assert_eq!(left, 2 * kinds().len() + users);
    // The next run minds its own rows.
    leaves_all_as_it_was(&service, Smoke::of(&service)).await;
}

#[tokio::test]
async fn the_metrics_may_be_elsewhere_and_an_address_may_end_in_a_slash() {
    let service = Server::start(Backend::Sqlite).await;
    let metrics = Server::start(Backend::Sqlite).await;
    metrics.get("/health").await.expect(200);
    let smoke = Smoke::at(&format!("{}//", service.address())).arg("--read-only");
    smoke.env("METRICS_URL", &format!("{}/metrics", metrics.address())).run().green();
    assert!(requests(&service).all(|line| !line.contains("/metrics")));
}

#[tokio::test]
async fn a_service_may_insist_on_if_match() {
    let service = Server::options().env("PARTBOOK_REQUIRE_IF_MATCH", "true").start(Backend::Sqlite).await;
    leaves_all_as_it_was(&service, Smoke::of(&service)).await;
    let budget = LIMITS.iter().fold(Smoke::of(&service).arg("--budget"), |smoke, name| smoke.env(name, "600000"));
    leaves_all_as_it_was(&service, budget.env("REQUESTS", "1")).await;
}

#[tokio::test]
async fn requests_can_be_found_in_the_log_and_seen() {
    let service = Server::start(Backend::Sqlite).await;
    service.created(CPU.path, &json!({"name": "Zen \u{7}\u{9b}2J\u{202e}", "manufacturer": "AMD"})).await;
    let finished = Smoke::of(&service).arg("--read-only").env("VERBOSE", "1").run().ended(0);
    assert!(finished.stderr.contains(&format!("> GET {}/readyz", service.address())), "{finished}");
    assert!(finished.stderr.contains("< 200 {\"status\":\"ok\",\"environment\":\"development\""), "{finished}");
    // A name steers no terminal.
    assert!(finished.stderr.contains("Zen"), "{finished}");
    assert!(!finished.stderr.contains(['\u{7}', '\u{9b}', '\u{1b}', '\u{202e}']));
    service.logged("\"smoke-").await;
}
