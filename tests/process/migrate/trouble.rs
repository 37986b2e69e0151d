//! What goes wrong half-way, and several runners at once: nothing is lost, and the next run goes on.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::{Directory, failed, migrate, newest, states, succeeded};
use partbook_test_support::process::Call;
use partbook_test_support::{Backend, Database, backends, partbook};

/// How often a test looks whether something has come about.
const LOOK: Duration = Duration::from_millis(50);

fn up(database: &Database, directory: &Directory) -> Call {
    partbook(&["migrate", "up", "--yes", "--directory", directory.path()]).env("DATABASE_URL", &database.url())
}

backends!(a_runner_that_is_killed_leaves_nothing_half_done);
async fn a_runner_that_is_killed_leaves_nothing_half_done(database: Database) {
    let directory = Directory::new();
    succeeded(migrate(&database, &["up"]).await);
    directory.add_table("9001", "slow", "");
    let forever = if database.url().starts_with("sqlite") {
        "create table slow (id integer);
         insert into slow with recursive n (i) as (select 1 union all select i + 1 from n where i < 100000000000) select count(*) from n;"
    } else {
        "create table slow (id integer); select pg_sleep(3600);"
    };
    std::fs::write(directory.file(&database, "9001_slow.sql"), forever).expect("a file");
    let is_at_work = async || {
        let status = migrate(&database, &["status", "--json"]).await;
        let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
        status["running"]["command"] == "up"
    };
    up(&database, &directory)
        .killed_at(async {
            while !is_at_work().await {
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
    directory.add_table("9001", "slow", "");
    assert!(succeeded(up(&database, &directory).run().await).contains("9001  slow"));
    assert!(!is_at_work().await);
    let history = succeeded(migrate(&database, &["history"]).await);
    assert!(history.contains(": not finished\n"), "{history}");
    succeeded(migrate(&database, &["drift", "--directory", directory.path()]).await);
}

#[tokio::test]
async fn an_index_beside_the_writers_is_finished_after_a_crash() {
    let database = Database::prepared(Backend::Postgres);
    let directory = Directory::new();
    directory.write(
        "9001_beside.sql",
        "-- partbook: outside-transaction: writers go on\ncreate index concurrently if not exists ix_beside on cpu (notes);",
    );
    directory.write("9001_beside.down.sql", "drop index concurrently if exists ix_beside;");
    directory.write("9001_beside.schema", "+ index cpu.ix_beside CREATE INDEX ix_beside ON cpu USING btree (notes)\n");
    // It waits for whoever has written before.
    let mut writer = database.connect().await;
    writer.run("begin; insert into cpu (name, manufacturer) values ('Zen', 'AMD')").await;
    let state = "select case when indisvalid then 'valid' else 'invalid' end from pg_index
        where indexrelid = to_regclass('ix_beside')";
    up(&database, &directory)
        .killed_at(async {
            while database.rows(state).await.is_empty() {
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
    let there = ["--directory", directory.path()];
    assert!(states(&database, &there).await.contains(&(9001, "begun".to_owned())));
    writer.run("commit").await;
    succeeded(up(&database, &directory).run().await);
    assert_eq!(database.value(state).await.as_deref(), Some("valid"));
    succeeded(migrate(&database, &["drift", there[0], there[1]]).await);
    succeeded(migrate(&database, &["down", "--yes", there[0], there[1]]).await);
    assert_eq!(database.rows(state).await, [[]; 0]);
}

backends!(ten_at_once_apply_each_migration_once);
async fn ten_at_once_apply_each_migration_once(database: Database) {
    let directory = Directory::new();
    let calls: Vec<_> = (0..10).map(|_| up(&database, &directory)).collect();
    for finished in join_all(calls.iter().map(Call::run)).await {
        succeeded(finished);
    }
    let history = succeeded(migrate(&database, &["history"]).await);
    for version in 1..=newest().parse().expect("a number") {
        assert_eq!(history.matches(&format!("    up {version:04} ")).count(), 1, "{history}");
    }
    succeeded(migrate(&database, &["drift"]).await);
}

backends!(what_fails_half_way_is_told_and_tried_again);
async fn what_fails_half_way_is_told_and_tried_again(database: Database) {
    let directory = Directory::new();
    directory.add_table("9001", "first", "");
    directory.add_table("9002", "later_on", "");
    directory.write("9002_later_on.sql", "create table later_on (id integer); insert into nowhere values (1);");
    let broken = up(&database, &directory).run().await;
    failed(&broken, 1, "migration 9002: ");
    assert!(broken.stderr.contains("nowhere"), "{broken:?}");
    let there = ["--directory", directory.path()];
    let states = states(&database, &there).await;
    assert_eq!(states[states.len() - 2..], [(9001, "applied".to_owned()), (9002, "failed".to_owned())]);
    assert!(!database.schema().await.contains("later_on"));
    directory.add_table("9002", "later_on", "");
    succeeded(up(&database, &directory).run().await);
    succeeded(migrate(&database, &["status", there[0], there[1]]).await);
    succeeded(migrate(&database, &["drift", there[0], there[1]]).await);
}

#[tokio::test]
async fn a_full_disk_loses_nothing() {
    let database = Database::prepared(Backend::Sqlite);
    database.sql("insert into cpu (name, manufacturer) values ('Zen', 'AMD')").await;
    let directory = Directory::new();
    directory.add_table("9001", "large", "");
    let large = "create table large (id integer);
        insert into large with recursive n (i) as (select 1 union all select i + 1 from n where i < 3000000) select i from n;";
    std::fs::write(directory.file(&database, "9001_large.sql"), large).expect("a file");
    let full = up(&database, &directory).file_limit(4096).run().await;
    assert_eq!(full.status.code(), Some(1), "{full:?}");
    assert!(full.stderr.contains("migration 9001: "), "{full:?}");
    assert_eq!(database.value("select name from cpu").await.as_deref(), Some("Zen"));
    assert_eq!(database.value("pragma integrity_check").await.as_deref(), Some("ok"));
    assert!(!database.schema().await.contains("large"));
    directory.add_table("9001", "large", "");
    succeeded(up(&database, &directory).run().await);
}
