//! A legacy database is taken over and given back.

use serde_json::json;

use super::{failed, migrate, states, succeeded};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Database, Method, Server};

/// The statements that mend what is in the way, as a dry run prints them.
async fn mend(database: &Database) {
    let plan = succeeded(migrate(database, &["up", "--dry-run"]).await);
    let (mending, _) = plan.split_once("-- 0002").expect("the scripts");
    assert_eq!(mending.matches("-- In the way of 0003: ").count(), 2, "{mending}");
    assert!(mending.contains("ram_spec 2, 3 have the same key"), "{mending}");
    database.sql(mending).await;
}

#[tokio::test]
async fn a_legacy_database_is_adopted_and_given_back() {
    let database = Database::legacy_with_rows();
    let legacy = database.schema().await;
    let survey = succeeded(migrate(&database, &["adopt", "--dry-run"]).await);
    assert!(survey.contains("can be adopted; nothing was changed") && !survey.contains("differs"), "{survey}");
    assert!(survey.contains("has      0001 catalog\nhas      0006 custom fields\n"), "{survey}");
    assert!(survey.contains("besides  table "), "{survey}");
    assert_eq!(database.schema().await, legacy);

    let adopted = succeeded(migrate(&database, &["adopt"]).await);
    assert!(adopted.contains(" is adopted"), "{adopted}");
    assert!(succeeded(migrate(&database, &["drift"]).await).contains("as the migrations made it"));
    let before: Vec<String> = states(&database, &[]).await.into_iter().map(|(_, state)| state).collect();
    assert_eq!(before[..8], ["applied", "pending", "pending", "pending", "pending", "applied", "pending", "available"]);

    // Rows with one key are told with what merges them, and nothing is done half-way.
    let hindered = migrate(&database, &["up", "--yes"]).await;
    failed(&hindered, 1, "2 row(s) or groups of rows are in the way. Nothing was changed");
    assert!(states(&database, &[]).await.iter().any(|it| *it == (2, "pending".to_owned())));
    mend(&database).await;
    let twins = database.value("select cast(count(*) as text) from ram_spec where id in (2, 3)").await;
    assert_eq!(twins.as_deref(), Some("1"));
    succeeded(migrate(&database, &["up", "--yes"]).await);
    succeeded(migrate(&database, &["status"]).await);
    succeeded(migrate(&database, &["drift"]).await);

    // It is served as one of ours, with what the legacy schema has no place for.
    let service = Server::options().start_on(&database).await;
    service.created("/v1/fields", &json!({"entity": "cpu", "key": "colour", "label": "Colour"})).await;
    let cpu = service.request(Method::POST, CPU.path).header("Idempotency-Key", "k").json(&(CPU.minimal)(900));
    cpu.send().await.expect(201);
    assert!(service.stop().await.success());
    assert_eq!(database.value("select count(*) from partbook.idempotency_key").await.as_deref(), Some("1"));

    // A program beside us may go on changing what is its own: later changes are told.
    database.sql("create table wish_list (id integer)").await;
    let drift = migrate(&database, &["drift"]).await;
    failed(&drift, 1, "1 difference(s)");
    assert!(drift.stdout.starts_with("unknown  table wish_list"), "{drift:?}");
    // Entered, it is drift no more; what is ours is missed all the same.
    let again = succeeded(migrate(&database, &["adopt"]).await);
    assert!(again.starts_with("besides  table wish_list\n") && again.contains("is entered"), "{again}");
    succeeded(migrate(&database, &["drift"]).await);
    assert!(succeeded(migrate(&database, &["history"]).await).contains("    entered table wish_list\n"));
    database.sql("drop table wish_list").await;
    assert!(migrate(&database, &["drift"]).await.stdout.starts_with("missing  table wish_list"));
    assert!(succeeded(migrate(&database, &["adopt"]).await).starts_with("gone     table wish_list\n"));
    succeeded(migrate(&database, &["drift"]).await);
    database.sql("drop index ix_listing_cpu_id").await;
    let refused = migrate(&database, &["adopt"]).await;
    failed(&refused, 1, "1 difference(s)");
    assert!(refused.stdout.contains("index listing.ix_listing_cpu_id is ours"), "{refused:?}");
    database.sql("create index ix_listing_cpu_id on listing (cpu_id)").await;

    failed(&migrate(&database, &["unadopt", "--yes"]).await, 1, "`partbook migrate down --to 1`");
    failed(&migrate(&database, &["down", "--to", "0", "--yes"]).await, 1, "unadopt");
    let down = succeeded(migrate(&database, &["down", "--to", "1", "--yes"]).await);
    assert!(!down.contains("custom fields"), "what the legacy program made stays: {down}");
    assert_eq!(
        database.value("select key from custom_field_definition where key = 'colour'").await.as_deref(),
        Some("colour")
    );
    failed(&migrate(&database, &["unadopt"]).await, 2, "--yes says so");
    succeeded(migrate(&database, &["unadopt", "--yes"]).await);
    assert_eq!(database.schema().await, legacy);
    failed(&migrate(&database, &["status"]).await, 2, "legacy");
}

#[tokio::test]
async fn what_others_keep_in_our_schema_stays_when_it_is_given_back() {
    let database = Database::create(Backend::Legacy);
    database.sql("create schema partbook; create table partbook.note (id integer)").await;
    let before = database.schema().await;
    succeeded(migrate(&database, &["adopt"]).await);
    succeeded(migrate(&database, &["unadopt", "--yes"]).await);
    assert_eq!(database.schema().await, before);
}

#[tokio::test]
async fn what_is_not_as_it_must_be_keeps_it_from_being_adopted() {
    let database = Database::legacy_with_rows();
    database
        .sql(
            "alter table cpu alter column cores type bigint;
             alter table gpu alter column notes set default 'none', alter column manufacturer drop not null;
             alter table listing drop constraint listing_cpu_id_fkey;
             create table idempotency_key (id integer)",
        )
        .await;
    let before = database.schema().await;
    let survey = migrate(&database, &["adopt"]).await;
    failed(&survey, 1, "4 difference(s). Nothing was changed");
    for told in [
        "differs  column cpu.cores is `bigint` and must be `integer`\n",
        "differs  not-null gpu.manufacturer is missing\n",
        "differs  table listing lacks FOREIGN KEY (cpu_id) REFERENCES cpu(id)\n",
        "besides  default gpu.notes\n",
    ] {
        assert!(survey.stdout.contains(told), "{told}: {}", survey.stdout);
    }
    assert!(survey.stdout.contains("what migration 4 makes is there in part, or otherwise: "), "{survey:?}");
    assert_eq!(database.schema().await, before);
}

#[tokio::test]
async fn only_a_legacy_catalog_can_be_adopted() {
    for backend in [Backend::Postgres, Backend::Sqlite] {
        let database = Database::create(backend);
        if backend == Backend::Postgres {
            failed(&migrate(&database, &["adopt"]).await, 1, "is empty");
        }
        succeeded(migrate(&database, &["up"]).await);
        failed(&migrate(&database, &["adopt"]).await, 1, "nothing to adopt");
        failed(&migrate(&database, &["unadopt", "--yes"]).await, 1, "was not adopted");
    }
}
