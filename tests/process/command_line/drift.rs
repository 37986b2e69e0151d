//! `partbook migrate drift`: what somebody has changed is told, and what is told heals it.

use serde_json::Value;

use super::{failed, refused};
use partbook_test_support::process::Finished;
use partbook_test_support::{Backend, Database, backends, partbook};

async fn drift(database: &Database, arguments: &[&str]) -> Finished {
    let arguments: Vec<&str> = ["migrate", "drift"].iter().chain(arguments).copied().collect();
    partbook(&arguments).env("DATABASE_URL", &database.url()).run().await
}

backends!(what_the_migrations_made_has_none);
async fn what_the_migrations_made_has_none(backend: Backend) {
    let database = Database::prepared(backend);
    let before = database.schema().await;
    let finished = drift(&database, &[]).await;
    assert!(finished.status.success() && finished.stdout.contains("as the migrations made it"), "{finished:?}");
    assert_eq!(database.schema().await, before);
}

/// A change, and how the line begins that tells it.
type Change = (&'static str, &'static str);

const ON_BOTH: [Change; 4] = [
    ("drop index ix_listing_cpu_id", "missing  index listing.ix_listing_cpu_id"),
    ("create index mine on gpu (notes)", "unknown  index gpu.mine"),
    ("alter table gpu drop column metal_score", "missing  column gpu.metal_score"),
    ("drop table custom_field_definition", "missing  table custom_field_definition"),
];

const ON_POSTGRES: [Change; 9] = [
    (
        "alter table cpu alter column cores type bigint",
        "differs  column cpu.cores: `integer` is expected, found is `bigint`",
    ),
    ("alter table cpu alter column notes set default 'x'", "unknown  default cpu.notes"),
    ("alter table cpu alter column manufacturer drop not null", "missing  not-null cpu.manufacturer"),
    ("alter table cpu drop constraint cpu_name_key", "missing  constraint cpu.cpu_name_key"),
    ("alter table listing drop constraint listing_cpu_id_fkey", "missing  foreign-key listing.listing_cpu_id_fkey"),
    ("alter type storage_medium add value 'tape'", "differs  enum storage_medium"),
    ("create function f() returns trigger language plpgsql as 'begin return new; end'", "unknown  function \"f()\""),
    ("create view v as select id from cpu", "unknown  view v"),
    ("create sequence s", "unknown  sequence s"),
];

/// What is left to people, as a comment.
const BY_HAND: [&str; 2] = ["enum storage_medium", "sequence s"];

backends!(every_change_is_told_and_healed);
async fn every_change_is_told_and_healed(backend: Backend) {
    let shared = Database::prepared(backend);
    let of_backend = if backend == Backend::Postgres { &ON_POSTGRES[..] } else { &[] };
    for (change, told) in ON_BOTH.iter().chain(of_backend) {
        let is_left = BY_HAND.iter().any(|subject| told.ends_with(subject));
        let database = if is_left { Database::prepared(backend) } else { shared.clone() };
        database.sql(change).await;
        let finished = drift(&database, &[]).await;
        // The sequence of a table goes with it.
        let count = if backend == Backend::Postgres && change.starts_with("drop table") { 2 } else { 1 };
        assert!(failed(&finished, 1).contains(&format!("{count} difference(s)")), "{change}: {finished:?}");
        assert!(finished.stdout.lines().take(count).any(|line| line.starts_with(told)), "{change}: {finished:?}");
        let (_, healing) = finished.stdout.split_once("-- This would heal it:").expect("SQL");
        if is_left {
            assert!(healing.trim().starts_with("-- "), "{change}: {healing}");
            continue;
        }
        database.sql(healing).await;
        let healed = drift(&database, &[]).await;
        assert!(healed.status.success(), "{change}: {healing}\n{healed:?}");
    }
}

backends!(it_is_told_to_programs_too);
async fn it_is_told_to_programs_too(backend: Backend) {
    let database = Database::prepared(backend);
    database.sql("drop index ix_listing_gpu_id").await;
    let finished = drift(&database, &["--json"]).await;
    let json: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    assert_eq!(json["differences"][0]["subject"], "index listing.ix_listing_gpu_id");
    assert_eq!(json["differences"][0]["found"], Value::Null);
    assert!(json["healing"][0].as_str().is_some_and(|sql| sql.to_lowercase().contains("create index")), "{json}");
}

#[tokio::test]
async fn not_having_looked_is_told_apart() {
    let finished = partbook(&["migrate", "drift"]).env("DATABASE_URL", "sqlite:///nowhere/at/all.db").run().await;
    assert!(refused(&finished, 2).contains("does not exist"), "{finished:?}");
    let legacy = Database::create(Backend::Legacy);
    assert!(refused(&drift(&legacy, &[]).await, 2).contains("legacy"));
}
