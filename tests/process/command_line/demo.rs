//! `partbook serve --demo`.

use std::collections::BTreeSet;

use serde_json::json;

use partbook_test_support::contract::{CPU, LISTING, catalog, in_listings};
use partbook_test_support::lock::Lock;
use partbook_test_support::{Backend, Database, Server, backends};

/// How many rows there are, of the first document and of the last.
const ROWS: &str = "select (select count(*) from cpu) + (select count(*) from listing)";

backends!(an_empty_database_is_filled: Sqlite, Postgres, Legacy);
async fn an_empty_database_is_filled(backend: Backend) {
    let service = Server::options().arg("--demo").start(backend).await;
    let mut parts = 0;
    for entity in in_listings() {
        let rows = service.get(&format!("{}?limit=1000", entity.path)).await.expect(200).array();
        assert!(rows.len() > 3, "{} of {}", rows.len(), entity.name);
        parts += rows.len();
    }
    assert!(parts >= 100, "some hundred parts, not {parts}");
    let listings = service.get("/v1/listings?limit=200").await.expect(200).array();
    assert!(listings.len() >= 24, "a few dozen listings, not {}", listings.len());
    let mut used = BTreeSet::new();
    for listing in &listings {
        for entity in in_listings() {
            for field in entity.used_through.iter().filter(|field| !listing[**field].is_null()) {
                used.insert(entity.name);
                if let Some(nested) = field.strip_suffix("_id").filter(|nested| *nested != "active_profile") {
                    assert_eq!(listing[nested]["id"], listing[*field], "{field}");
                }
            }
        }
    }
    assert_eq!(used.len(), in_listings().count(), "listings use parts of every kind, not only {used:?}");
    let defaults = service.get("/v1/catalog/profiles?is_default=true").await.expect(200).array();
    assert_eq!(defaults.len(), 1, "one default profile");
    // What the deployed smoke script does.
    for entity in in_listings() {
        let row = &service.get(&format!("{}?limit=10", entity.path)).await.expect(200).array()[0];
        let path = entity.at(&row["id"]);
        let changed = service.patch(&path, &json!({entity.note(): "Smoke test update"})).await.expect(200).json();
        assert_eq!(changed[entity.note()], "Smoke test update");
        service.get(&format!("{path}/listings?limit=10")).await.expect(200).array();
    }
    // What the README shows.
    let found = service.get("/v1/catalog/cpus?search=ryzen&limit=3").await.expect(200).array();
    assert_eq!(found.len(), 3);
    let cpu = listings.iter().find(|listing| !listing["cpu_id"].is_null()).expect("a listing with a CPU");
    let problem = service.delete(&CPU.at(&cpu["cpu_id"])).await.problem(409);
    assert!(problem.json["usage"]["listings"].as_array().is_some_and(|listings| !listings.is_empty()));
}

backends!(a_second_start_adds_nothing);
async fn a_second_start_adds_nothing(backend: Backend) {
    let database = Database::create(backend);
    let mut counts = Vec::new();
    for _ in 0..2 {
        let service = Server::options().arg("--demo").start_on(&database).await;
        counts.push(database.value(ROWS).await);
        assert!(service.stop().await.success());
    }
    assert_eq!(counts[0], counts[1]);
}

// Both find the database empty, and wait with their first row.
backends!(of_two_processes_one_fills_the_database: Postgres);
async fn of_two_processes_one_fills_the_database(backend: Backend) {
    let database = Database::create(backend);
    assert!(Server::options().start_on(&database).await.stop().await.success());
    let lock = Lock::of_table(&database, CPU.table).await;
    let start = || Server::options().arg("--demo").start_on(&database);
    let released = async {
        database.waited_for(2).await;
        lock.release().await;
    };
    let (one, other, ()) = tokio::join!(start(), start(), released);
    for service in [one, other] {
        service.get("/readyz").await.expect(200);
        assert!(service.stop().await.success());
    }
    let alone = Database::create(backend);
    Server::options().arg("--demo").start_on(&alone).await;
    assert_eq!(database.value(ROWS).await, alone.value(ROWS).await, "filled once, and whole");
}

backends!(a_database_that_holds_anything_is_left_alone);
async fn a_database_that_holds_anything_is_left_alone(backend: Backend) {
    for entity in catalog().into_iter().chain([&LISTING]) {
        let database = Database::create(backend);
        let service = Server::options().start_on(&database).await;
        let row = service.create(entity, 1).await;
        assert!(service.stop().await.success());
        let service = Server::options().arg("--demo").start_on(&database).await;
        for other in catalog().into_iter().chain([&LISTING]) {
            let rows = service.get(other.path).await.expect(200).array();
            assert_eq!(rows, if other.name == entity.name { vec![row.clone()] } else { Vec::new() });
        }
    }
}

#[tokio::test]
async fn without_the_flag_nothing_is_filled() {
    let service = Server::start(Backend::Sqlite).await;
    assert!(service.get(CPU.path).await.array().is_empty());
}
