//! What is not looked at, what is not changed, and how much is told.

use std::fs;

use super::{check, check_as, failed, findings, found, heal, sound, unguarded};
use partbook_test_support::{Backend, Database, backends};
use serde_json::Value;
use tempfile::TempDir;

backends!(a_role_that_may_only_read_is_enough: Postgres, Legacy);
async fn a_role_that_may_only_read_is_enough(backend: Backend) {
    let database = Database::prepared(backend);
    let restricted = database.restricted_url().await;
    let role = format!("{}_restricted", database.value("select current_database()").await.expect("a name"));
    database
        .sql(&format!(
            "insert into cpu (name, manufacturer, attributes_json) values ('Zen', 'AMD', '{{}}');
             revoke insert, update, delete on all tables in schema public from {role};
             revoke all on all sequences in schema public from {role};
             alter role {role} set default_transaction_read_only = on;
             create table secret (id integer primary key, cpu_id integer references cpu);
             revoke all on secret from {role}"
        ))
        .await;
    let finished = check_as(&restricted, &["--json"]).await;
    assert!(finished.status.success(), "{finished:?}");
    let report: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    assert_eq!(report["tables"]["cpu"], 1);
    assert!(report["tables"]["secret"].is_null(), "{report}");
    let unseen = report["unseen"].as_array().expect("an array");
    assert!(unseen.iter().any(|it| it == "secret: the role may not read it"), "{report}");
    assert!(unseen.iter().any(|it| it.as_str().is_some_and(|it| it.starts_with("public.cpu_id_seq: "))), "{report}");
    // What is hidden would be taken for what is not there.
    database.sql("alter table cpu enable row level security").await;
    failed(&check_as(&restricted, &[]).await, 2, "cpu cannot be read: row level security");
    database.sql(&format!("alter table cpu disable row level security; revoke select on gpu from {role}")).await;
    failed(&check_as(&restricted, &[]).await, 2, "gpu cannot be read: the role may not read it");
}

backends!(without_a_catalog_there_is_nothing_to_look_at);
async fn without_a_catalog_there_is_nothing_to_look_at(database: Database) {
    database.sql("create table diary (id integer)").await;
    failed(&check(&database, &[]).await, 2, "has no catalog");
}

#[tokio::test]
async fn a_file_is_neither_made_nor_changed() {
    let directory = TempDir::new().expect("a temporary directory");
    let path = directory.path().join("none.db");
    failed(&check_as(&format!("sqlite://{}", path.display()), &[]).await, 2, "does not exist");
    assert!(!path.exists());
    let database = Database::prepared(Backend::Sqlite);
    unguarded(&database, "insert into listing (title, other_urls, cpu_id) values ('a', '[]', 5)").await;
    let path = database.url().trim_start_matches("sqlite://").to_owned();
    let before = fs::read(&path).expect("the file");
    assert_eq!(check(&database, &[]).await.status.code(), Some(1));
    assert_eq!(fs::read(&path).expect("the file"), before);
}

backends!(ten_thousand_rows_are_told_as_five: Sqlite, Postgres);
async fn ten_thousand_rows_are_told_as_five(backend: Backend) {
    let database = Database::prepared(backend);
    unkey_and_fill(&database, 3).await;
    let few = check(&database, &[]).await.stdout;
    unkey_and_fill(&database, 10_000).await;
    let many = check(&database, &[]).await.stdout;
    assert!(many.len() < few.len() + 200, "{} and {}: {many}", few.len(), many.len());
    let findings = findings(&database).await;
    found(&findings, "orphan", "listing.cpu_id", 10_000, &["4", "5", "6", "7", "8"]);
    for finding in findings {
        heal(&database, &finding).await;
    }
    sound(&database).await;
    let specs = database.value("select cast(count(*) as text) from ram_spec").await;
    assert_eq!(specs.as_deref(), Some("2"));
}

/// Listings of a CPU that there is none of, and as many specs, of which two are different.
async fn unkey_and_fill(database: &Database, rows: u32) {
    super::unkey(database).await;
    let series = if database.url().starts_with("sqlite") {
        format!("(with recursive n (i) as (select 1 union all select i + 1 from n where i < {rows}) select i from n)")
    } else {
        format!("(select generate_series(1, {rows}) as i)")
    };
    unguarded(
        database,
        &format!(
            "delete from listing; delete from ram_spec;
             insert into listing (title, other_urls, cpu_id) select 'x', '[]', 4711 from {series} s;
             insert into ram_spec (ddr_generation, total_capacity_gb, attributes_json) select 'ddr5', i % 2, '{{}}' from {series} s"
        ),
    )
    .await;
}

// Tables of other programs may be odd, and nothing is said of them that is not true.
#[tokio::test]
async fn what_cannot_be_judged_is_no_finding() {
    let database = Database::prepared(Backend::Sqlite);
    database
        .sql(
            "pragma foreign_keys = off; create view shop as select 1 as id;
             create table diary (id integer primary key, autoincrement_hint text); insert into diary values (5, 'x');
             create table hint (autoincrement_hint text primary key) without rowid;
             create table bad (x references cpu (nowhere)); insert into bad values (1);
             create table worse (x references shop (id)); insert into worse values (1)",
        )
        .await;
    let finished = check(&database, &["--json"]).await;
    let report: Value = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"));
    assert_eq!((finished.status.code(), &report["findings"]), (Some(0), &serde_json::json!([])), "{report}");
    let unseen = report["unseen"].to_string();
    assert!(unseen.contains("bad: it points at a column that cpu does not have"), "{unseen}");
    assert!(unseen.contains("worse: it points at shop, which is a view"), "{unseen}");
}
