//! How many rows there were, and are.

use std::fs;

use super::{check, failed};
use partbook_test_support::{Backend, Database, backends, partbook};
use serde_json::{Value, json};
use tempfile::TempDir;

backends!(rows_that_went_are_a_finding_and_rows_that_came_are_none: Sqlite, Postgres, Legacy);
async fn rows_that_went_are_a_finding_and_rows_that_came_are_none(backend: Backend) {
    let (database, directory) = (Database::prepared(backend), TempDir::new().expect("a temporary directory"));
    let file = directory.path().join("before.json");
    let file = file.to_str().expect("a path in UTF-8");
    database
        .sql(
            "create table diary (id integer primary key); create table wish (id integer primary key);
             insert into diary values (1); insert into gpu (name, manufacturer, attributes_json) values ('a', 'AMD', '{}'), ('b', 'AMD', '{}')",
        )
        .await;
    let saved = check(&database, &["--save", file]).await;
    assert!(saved.status.success() && saved.stdout.contains("No findings."), "{saved:?}");
    let counts: Value = serde_json::from_str(&fs::read_to_string(file).expect("a file")).expect("JSON");
    assert_eq!((&counts["tables"]["gpu"], &counts["tables"]["wish"]), (&json!(2), &json!(0)), "{counts}");
    assert_eq!(counts["schema_version"].is_null(), backend == Backend::Legacy, "{counts}");
    let same = check(&database, &["--compare", file]).await;
    assert!(same.status.success() && same.stdout.contains("compared with "), "{same:?}");
    database.sql("insert into cpu (name, manufacturer, attributes_json) values ('Zen', 'AMD', '{}'); create table later (id integer)").await;
    let grown = check(&database, &["--compare", file]).await;
    assert!(grown.status.success() && grown.stdout.contains("  +1\n") && grown.stdout.contains("  new\n"), "{grown:?}");
    database.sql("delete from gpu where name = 'b'; drop table diary; drop table wish").await;
    let less = check(&database, &["--compare", file, "--json"]).await;
    failed(&less, 1, "has 3 finding(s)");
    let report: Value = serde_json::from_str(&less.stdout).expect("JSON");
    let told: Vec<_> = report["findings"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|it| (&it["kind"], &it["table"], &it["count"]))
        .collect();
    let expected = [
        (&json!("vanished"), &json!("diary"), &json!(1)),
        (&json!("shrunk"), &json!("gpu"), &json!(1)),
        (&json!("vanished"), &json!("wish"), &json!(0)),
    ];
    assert_eq!(told, expected);
}

backends!(what_a_migration_moves_out_of_the_catalog_has_not_vanished);
async fn what_a_migration_moves_out_of_the_catalog_has_not_vanished(database: Database) {
    let run = async |arguments: &[&str]| {
        let finished = partbook(arguments).env("DATABASE_URL", &database.url()).run().await;
        assert!(finished.status.success(), "{finished:?}");
    };
    let directory = TempDir::new().expect("a temporary directory");
    let file = directory.path().join("before.json");
    let file = file.to_str().expect("a path in UTF-8");
    run(&["migrate", "up", "--to", "8"]).await;
    run(&["check", "--save", file]).await;
    run(&["migrate", "up"]).await;
    run(&["check", "--compare", file]).await;
}

#[tokio::test]
async fn a_file_that_makes_no_sense_is_refused() {
    let (database, directory) = (Database::prepared(Backend::Sqlite), TempDir::new().expect("a temporary directory"));
    let file = directory.path().join("before.json");
    let path = file.to_str().expect("a path in UTF-8");
    failed(&check(&database, &["--compare", path]).await, 2, "before.json: ");
    for text in ["", "{}", "[1]", r#"{"format": 9, "at": "", "database": "", "schema_version": null, "tables": {}}"#] {
        fs::write(&file, text).expect("a file");
        failed(&check(&database, &["--compare", path]).await, 2, "before.json: ");
    }
    failed(&check(&database, &["--save", "/nowhere/at/all.json"]).await, 2, "/nowhere/at/all.json: ");
}
