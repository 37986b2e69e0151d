//! What is told of a schema that somebody has changed, and whether it can be healed by what is said.

use partbook_database::{DatabaseUrl, Pool, PoolSettings};
use tempfile::TempDir;

use super::*;

async fn migrated(directory: &TempDir) -> Migrator {
    let url = format!("sqlite://{}", directory.path().join("partbook.db").display());
    let url = DatabaseUrl::parse(&url).unwrap();
    let pool = Pool::connect(&url, &PoolSettings::default()).await.unwrap();
    let migrator = Migrator::new(&pool).await.unwrap();
    migrator
        .apply(&migrator.plan(crate::Goal::up(None)).await.unwrap(), None, &crate::NoPrecaution, &mut |_| {})
        .await
        .unwrap();
    migrator
}

#[tokio::test]
async fn what_the_migrations_made_is_no_drift() {
    let directory = TempDir::new().unwrap();
    assert_eq!(migrated(&directory).await.drift().await.unwrap(), Drift::default());
}

#[tokio::test]
async fn every_change_is_told_and_healed() {
    let directory = TempDir::new().unwrap();
    let migrator = migrated(&directory).await;
    let pool = &migrator.pool;
    for (change, told) in [
        ("drop index cpu_name_key", "missing  index cpu.cpu_name_key"),
        ("alter table gpu drop column metal_score", "missing  column gpu.metal_score"),
        ("drop table port", "missing  table port"),
        ("create index mine on gpu (notes)", "unknown  index gpu.mine"),
        (
            "drop index ix_listing_cpu_id; create index ix_listing_cpu_id on listing (gpu_id)",
            "differs  index listing.ix_listing_cpu_id",
        ),
        ("create trigger t after delete on cpu begin select 1; end", "unknown  trigger cpu.t"),
    ] {
        pool.execute(change).await.unwrap();
        let drift = migrator.drift().await.unwrap();
        let lines: Vec<String> = drift.told().map(Difference::to_string).collect();
        assert!(lines.iter().any(|line| line.starts_with(told)), "{change}: {lines:#?}");
        assert_eq!(lines.len(), 1, "{change}: {lines:#?}");
        pool.execute(&drift.healing.join("\n")).await.unwrap();
        assert_eq!(migrator.drift().await.unwrap(), Drift::default(), "{change}");
    }
    // What would destroy data is left to people.
    pool.execute("create table note (id integer primary key); alter table cpu add column colour text").await.unwrap();
    let drift = migrator.drift().await.unwrap();
    let lines: Vec<String> = drift.told().map(Difference::to_string).collect();
    assert_eq!(lines, ["unknown  column cpu.colour text", "unknown  table note"]);
    assert!(drift.healing.iter().all(|statement| statement.starts_with("-- ")), "{:#?}", drift.healing);
}
