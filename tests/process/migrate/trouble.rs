//! What goes wrong half-way, and several runners at once: nothing is lost, and the next run goes on.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::{Directory, failed, migrate, newest, states, succeeded, unasked};
use partbook_test_support::process::Call;
use partbook_test_support::{Backend, Database, Server, backends, partbook};

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
    for version in unasked() {
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

#[tokio::test]
async fn status_says_which_sessions_a_runner_waits_for() {
    let database = Database::prepared(Backend::Postgres);
    let directory = Directory::new();
    directory.write("9001_wide.sql", "alter table cpu add column wide integer;");
    directory.write("9001_wide.schema", "+ column cpu.wide integer\n");
    let mut reader = database.connect().await;
    reader.run("set application_name = 'a report'; begin; lock table cpu in access share mode").await;
    let runner = up(&database, &directory);
    let meanwhile = async {
        let waits = "select 'yes' from pg_locks where relation = 'cpu'::regclass and not granted";
        while database.rows(waits).await.is_empty() {
            tokio::time::sleep(LOOK).await;
        }
        let status = migrate(&database, &["status"]).await;
        reader.run("commit").await;
        status
    };
    let (finished, status) = tokio::join!(runner.run(), meanwhile);
    succeeded(finished);
    let (_, running) = status.stdout.split_once("\nup is at work, by ").unwrap_or_else(|| panic!("{status:?}"));
    assert!(running.contains("\n    waits for session ") && running.contains(", a report) since "), "{status:?}");
}

#[tokio::test]
async fn what_was_confirmed_is_planned_again_under_the_lock() {
    let database = Database::prepared(Backend::Postgres);
    succeeded(migrate(&database, &["down", "--to", "2", "--yes"]).await);
    // Another runner, for as long as this transaction.
    let mut other = database.connect().await;
    other.run(&format!("begin; select pg_advisory_xact_lock({})", 0x7061_7274_626f_6f6b_i64)).await;
    let down = partbook(&["migrate", "down", "2", "--yes"]).env("DATABASE_URL", &database.url());
    let waits = "select 'yes' from pg_locks where locktype = 'advisory' and not granted";
    let meanwhile = async {
        while database.rows(waits).await.is_empty() {
            tokio::time::sleep(LOOK).await;
        }
        // As another one would that was faster.
        database.sql("update partbook.migration set version = version where false").await;
        database.sql("insert into cpu (name, manufacturer, attributes_json) values ('Zen', 'AMD', '{}')").await;
        other.run("commit").await;
    };
    let (finished, ()) = tokio::join!(down.run(), meanwhile);
    failed(&finished, 1, "somebody else has changed the database since this was planned. Nothing was changed");
    assert_eq!(database.value("select name from cpu").await.as_deref(), Some("Zen"));
}

#[tokio::test]
async fn a_table_that_is_made_anew_keeps_the_rows_that_point_at_it() {
    let anew =
        "create table anew (id integer primary key, name text); insert into anew select id, name from ports_profile;
        drop table ports_profile; alter table anew rename to ports_profile;";
    let told = "it leaves 1 row(s) that point at nothing, the first of port at ports_profile";
    for (sql, told) in [(anew, None), ("delete from ports_profile;", Some(told))] {
        let database = Database::prepared(Backend::Sqlite);
        let rows = "insert into ports_profile (id, name, attributes_json) values (1, 'Ports', '{}');
            insert into port (ports_profile_id, type, count) values (1, 'usb_a', 2)";
        database.sql(rows).await;
        let directory = Directory::new();
        directory.write("9001_anew.sql", sql);
        let finished = up(&database, &directory).run().await;
        if let Some(told) = told {
            failed(&finished, 1, told);
        }
        for table in ["port", "ports_profile"] {
            let count = database.value(&format!("select cast(count(*) as text) from {table}")).await;
            assert_eq!(count.as_deref(), Some("1"), "{table}: {finished:?}");
        }
    }
}

backends!(a_script_that_would_end_its_transaction_is_refused);
async fn a_script_that_would_end_its_transaction_is_refused(database: Database) {
    let directory = Directory::new();
    directory.write("9001_ends.sql", "create table half (id integer); commit; select nothing from nowhere;");
    let before = database.schema().await;
    failed(&up(&database, &directory).run().await, 1, "migration 9001 has the statement `commit`");
    assert_eq!(database.schema().await, before);
}

backends!(somebody_elses_history_is_left_alone);
async fn somebody_elses_history_is_left_alone(database: Database) {
    succeeded(migrate(&database, &["up", "--to", "3"]).await);
    database
        .sql(
            "create table _sqlx_migrations (version bigint primary key, description text, installed_on timestamp,
                success boolean, checksum text, execution_time bigint);
             insert into _sqlx_migrations (version, description) values (20240101, 'orders')",
        )
        .await;
    succeeded(migrate(&database, &["up"]).await);
    assert_eq!(database.value("select description from _sqlx_migrations").await.as_deref(), Some("orders"));
    succeeded(migrate(&database, &["status"]).await);
}

backends!(more_than_nine_are_in_the_order_of_their_numbers);
async fn more_than_nine_are_in_the_order_of_their_numbers(database: Database) {
    let directory = Directory::new();
    directory.add_table("9999", "later", "");
    succeeded(up(&database, &directory).run().await);
    let there = ["--directory", directory.path()];
    let versions: Vec<i64> = states(&database, &there).await.into_iter().map(|(version, _)| version).collect();
    assert!(versions.is_sorted(), "{versions:?}");
    let down = succeeded(migrate(&database, &["down", there[0], there[1]]).await);
    assert!(down.starts_with("9999  later"), "{down}");
    assert!(succeeded(migrate(&database, &["down", there[0], there[1]]).await).starts_with(&newest()));
}

backends!(what_a_later_version_failed_at_keeps_nobody_from_serving);
async fn what_a_later_version_failed_at_keeps_nobody_from_serving(database: Database) {
    let directory = Directory::new();
    directory.write("9001_broken.sql", "insert into nowhere values (1);");
    failed(&up(&database, &directory).run().await, 1, "migration 9001: ");
    succeeded(migrate(&database, &["status"]).await);
    let service = Server::options().start_on(&database).await;
    service.get("/v1/catalog/cpus").await.expect(200);
}

backends!(a_query_that_looks_for_rows_changes_none);
async fn a_query_that_looks_for_rows_changes_none(backend: Backend) {
    let database = Database::prepared(backend);
    database.sql("insert into cpu (name, manufacturer, attributes_json) values ('Zen', 'AMD', '{}')").await;
    let directory = Directory::new();
    directory.add_table("9001", "looked", "");
    directory.write("9001_looked.check.sql", "delete from cpu where false returning name, null");
    succeeded(up(&database, &directory).run().await);
    directory.add_table("9002", "looking", "");
    directory.write("9002_looking.check.sql", "delete from cpu returning name, null");
    let there = ["--directory", directory.path()];
    succeeded(migrate(&database, &["up", "--dry-run", there[0], there[1]]).await);
    let _ = up(&database, &directory).run().await;
    assert_eq!(database.value("select name from cpu").await.as_deref(), Some("Zen"));
}

#[tokio::test]
async fn what_depends_on_the_encoding_is_no_drift() {
    for encoding in ["SQL_ASCII", "LATIN1", "LATIN9"] {
        let database = Database::encoded(Backend::Postgres, encoding).await;
        succeeded(migrate(&database, &["up"]).await);
        succeeded(migrate(&database, &["drift"]).await);
        database.sql("alter table cpu drop column partbook_search").await;
        let drift = migrate(&database, &["drift"]).await;
        failed(&drift, 1, "1 difference(s)");
        assert!(drift.stdout.starts_with("missing  column cpu.partbook_search"), "{encoding}: {drift:?}");
    }
}
