//! A backup is made while the database is used, and says what it holds.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Store, failed, files, fill};
use partbook_test_support::{Backend, Database, Server, backends};
use serde_json::json;

backends!(a_backup_is_made_while_others_write: Sqlite, Postgres, Legacy);
async fn a_backup_is_made_while_others_write(backend: Backend) {
    let (store, database) = (Store::new(), Database::prepared(backend));
    let service = Server::options().start_on(&database).await;
    let writer = async {
        for number in 0..100 {
            let cpu = json!({"name": format!("CPU {number}"), "manufacturer": "AMD"});
            service.created("/v1/catalog/cpus", &cpu).await;
        }
    };
    let (manifest, ()) = tokio::join!(store.create(&database), writer);
    assert!(manifest["verified"].is_object(), "{manifest}");
    assert_eq!(manifest["reason"], "by hand");
    assert!(manifest["content"]["tables"].as_object().is_some_and(|tables| tables.len() >= 10), "{manifest}");
    assert_eq!(manifest["schema_version"].is_null(), backend == Backend::Legacy, "{manifest}");
    let metadata = fs::metadata(store.file(&manifest)).expect("a file");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert_eq!(manifest["size"], metadata.len());
    assert_eq!(fs::metadata(store.path()).expect("a directory").permissions().mode() & 0o777, 0o700);
    assert_eq!(files(&store.path()).len(), 1, "nothing is left beside it");
    // Again, of what is there.
    assert!(store.succeed(&database, &["verify"]).await.contains("  verified  "));
    assert!(service.stop().await.success());
}

backends!(the_list_says_what_there_is);
async fn the_list_says_what_there_is(backend: Backend) {
    let database = Database::prepared(backend);
    let store = Store::new();
    failed(&store.run(&database, &["list"]).await, 1, "there is no verified backup");
    store.create(&database).await;
    let text = store.succeed(&database, &["list"]).await;
    assert!(text.lines().count() == 1 && text.contains("  verified  by hand"), "{text}");
    assert_eq!(store.succeed(&database, &["prune", "--dry-run"]).await, "");
}

backends!(one_is_made_whenever_the_last_is_old_enough);
async fn one_is_made_whenever_the_last_is_old_enough(backend: Backend) {
    let (store, database) = (Store::new(), Database::prepared(backend));
    let made = async { while store.list(&database).await.iter().all(|manifest| !manifest["verified"].is_object()) {} };
    store.call(&database, &["create", "--every", "24", "--reason", "nightly"]).killed_at(made).await;
    let listed = store.list(&database).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["reason"], "nightly");
}

backends!(what_is_too_old_goes_after_a_verified_one);
async fn what_is_too_old_goes_after_a_verified_one(backend: Backend) {
    let database = Database::prepared(backend);
    let store = Store::new();
    let old = store.create(&database).await;
    let path = store.path().join(format!("{}.json", old["file"].as_str().expect("a file")));
    let text = fs::read_to_string(&path).expect("a manifest");
    let year = &old["taken_at"].as_str().expect("a time")[..4];
    fs::write(&path, text.replace(&format!("\"taken_at\": \"{year}"), "\"taken_at\": \"2001")).expect("a manifest");
    // The last good one stays however old it is.
    assert_eq!(store.succeed(&database, &["prune"]).await, "");
    let text = store.succeed(&database, &["create"]).await;
    assert!(text.contains("deleted "), "{text}");
    assert_eq!(store.list(&database).await.len(), 1);
}

#[tokio::test]
async fn a_password_is_in_no_file_and_on_no_command_line() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    database.sql("create role keeper superuser login password 'tell-nobody'").await;
    let url = database.url().replacen("postgres@", "keeper:tell-nobody@", 1);
    let finished = store.call(&database, &["create"]).env("DATABASE_URL", &url).run().await;
    assert!(finished.status.success(), "{finished:?}");
    assert!(!format!("{finished:?}").contains("tell-nobody"));
    for entry in fs::read_dir(store.path()).expect("backups") {
        let bytes = fs::read(entry.expect("a file").path()).expect("a file");
        assert!(!bytes.windows(11).any(|part| part == b"tell-nobody"));
    }
    let on_line = store.run(&database, &["create", "--verify-url", &url]).await;
    failed(&on_line, 2, "a command line is public");
    assert!(!on_line.stderr.contains("tell-nobody"));
    database.sql("drop role keeper").await;
}

#[tokio::test]
async fn where_no_database_may_be_created_it_is_kept_unverified() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    fill(&database).await;
    let restricted = database.restricted_url().await;
    database
        .sql("grant usage on schema partbook to public; grant select on all tables in schema partbook to public")
        .await;
    database.sql("grant select on all sequences in schema partbook, public to public").await;
    let finished = store.call(&database, &["create"]).env("DATABASE_URL", &restricted).run().await;
    failed(&finished, 1, "--verify-url names a server");
    assert!(finished.stdout.contains("  not verified  "), "{finished:?}");
    failed(&store.run(&database, &["list"]).await, 1, "there is no verified backup");
    // Verified elsewhere, by one who may.
    let verified = store
        .call(&database, &["create"])
        .env("DATABASE_URL", &restricted)
        .env("PARTBOOK_BACKUP_VERIFY_URL", &database.url());
    let verified = verified.run().await;
    assert!(verified.status.success() && verified.stdout.contains("  verified  "), "{verified:?}");
}

#[tokio::test]
async fn a_failure_leaves_a_record_and_no_file() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Sqlite));
    fill(&database).await;
    let full = store.call(&database, &["create"]).file_limit(64).run().await;
    assert_eq!(full.status.code(), Some(1), "{full:?}");
    assert_eq!(files(&store.path()), [] as [&str; 0]);
    let list = store.run(&database, &["list"]).await;
    assert!(list.stdout.contains("the last attempt failed"), "{list:?}");
    assert_eq!(database.value("pragma integrity_check").await.as_deref(), Some("ok"));
}
