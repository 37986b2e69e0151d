//! Databases with something in them that few have: their backups are as good as others.

use std::fs;

use super::{Store, everything, failed, files, fill};
use partbook_test_support::{Backend, Database, backends};

#[tokio::test]
async fn columns_that_were_dropped_and_indexes_that_were_not_finished_are_no_difference() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    fill(&database).await;
    database
        .sql(
            "create table diary (id integer primary key, gone text, cpu_id integer references cpu (id), day date,
                unique (cpu_id, day), check (id > 0));
             alter table diary drop column gone; insert into diary values (1, 1, null), (2, 1, null)",
        )
        .await;
    let index = "create unique index concurrently unfinished on diary (cpu_id)";
    assert!(database.connect().await.attempt(index).await.is_err());
    assert!(store.create(&database).await["verified"].is_object());
    store.succeed(&database, &["restore", "--yes", "--terminate"]).await;
}

#[tokio::test]
async fn a_database_that_is_set_to_be_read_only_is_copied_and_restored() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    fill(&database).await;
    let (name, before) =
        (database.value("select current_database()").await.expect("a name"), everything(&database).await);
    database.sql(&format!("alter database {name} set default_transaction_read_only = on")).await;
    assert!(store.create(&database).await["verified"].is_object());
    store.succeed(&database, &["restore", "--yes", "--terminate"]).await;
    assert_eq!(everything(&database).await, before);
    let setting = "select current_setting('default_transaction_read_only')";
    assert_eq!(database.value(setting).await.as_deref(), Some("on"));
}

#[tokio::test]
async fn a_subscription_keeps_no_backup_from_being_verified_and_a_restore_from_beginning() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    fill(&database).await;
    let name = database.value("select current_database()").await.expect("a name");
    database
        .sql(&format!(
            "create subscription {name}_news connection 'dbname=nowhere' publication news
                with (connect = false, slot_name = none, enabled = false)"
        ))
        .await;
    assert!(store.create(&database).await["verified"].is_object());
    let refused = store.run(&database, &["restore", "--yes", "--terminate"]).await;
    failed(&refused, 1, &format!("has the subscription(s) {name}_news, which no backup has. Nothing was changed"));
    database.sql(&format!("drop subscription {name}_news")).await;
    store.succeed(&database, &["restore", "--yes", "--terminate"]).await;
}

// What was damaged goes, and is kept as it is.
#[tokio::test]
async fn a_damaged_file_is_replaced() {
    for (damage, is_database) in [(4096_usize, true), (0, false)] {
        let (store, database) = (Store::new(), Database::prepared(Backend::Sqlite));
        fill(&database).await;
        let before = everything(&database).await;
        let good = store.create(&database).await;
        let file = database.url().trim_start_matches("sqlite://").to_owned();
        let mut bytes = fs::read(&file).expect("the file");
        let end = (damage + 4096).min(bytes.len());
        bytes[damage..end].fill(0xff);
        fs::write(&file, bytes).expect("the file");
        let finished = store.run(&database, &["restore", "--yes"]).await;
        assert!(finished.status.success(), "{is_database}: {finished:?}");
        assert!(finished.stderr.contains("what is replaced is damaged, and kept as it is"), "{finished:?}");
        assert_eq!(everything(&database).await, before);
        assert_eq!(files(&store.path()).len(), 2);
        // The one that is damaged is not taken by itself.
        let plan = store.succeed(&database, &["restore", "--dry-run"]).await;
        assert!(plan.contains(good["file"].as_str().expect("a file")), "{plan}");
    }
}

#[tokio::test]
async fn looking_what_a_restore_would_do_leaves_the_file_as_it_is() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Sqlite));
    database.sql("pragma journal_mode = wal").await;
    fill(&database).await;
    store.create(&database).await;
    store.succeed(&database, &["restore", "--dry-run"]).await;
    assert_eq!(database.value("pragma journal_mode").await.as_deref(), Some("wal"));
}

backends!(a_backup_that_was_not_verified_has_to_be_named);
async fn a_backup_that_was_not_verified_has_to_be_named(backend: Backend) {
    let (store, database) = (Store::new(), Database::prepared(backend));
    fill(&database).await;
    let manifest = store.create(&database).await;
    let file = manifest["file"].as_str().expect("a file");
    let path = store.path().join(format!("{file}.json"));
    let mut unverified = manifest.clone();
    unverified["verified"] = serde_json::Value::Null;
    fs::write(&path, unverified.to_string()).expect("a manifest");
    failed(
        &store.run(&database, &["restore", "--yes"]).await,
        1,
        &format!("the latest that was not is {file}: name it"),
    );
    store.succeed(&database, &["restore", file, "--dry-run"]).await;
    store.succeed(&database, &["verify"]).await;
    store.succeed(&database, &["restore", "--dry-run"]).await;
}

#[tokio::test]
async fn a_list_shows_what_it_can() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Sqlite));
    let call = store.call(&database, &["create", "--reason", "one\n2026-11-28 another \u{1b}[2J"]).run().await;
    assert!(call.status.success(), "{call:?}");
    fs::write(store.path().join("last-attempt.json"), "{").expect("a file");
    let listed = store.run(&database, &["list"]).await;
    assert!(listed.status.success() && listed.stdout.lines().count() == 1, "{listed:?}");
    assert!(
        !listed.stdout.contains('\u{1b}') && listed.stderr.contains("the last attempt cannot be read"),
        "{listed:?}"
    );
}
