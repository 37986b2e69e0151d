//! What is compared, and what a restore does to what is unusual.

use std::fs;

use super::{Store, failed, fill};
use partbook_test_support::{Backend, Database, backends};

#[tokio::test]
async fn tables_of_other_programs_are_compared_by_what_is_in_them() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    // The server writes some expressions in other words after they were restored.
    database
        .sql(
            "create schema other; create table other.x (v varchar(10) check (v in ('a', 'b')));
             create view other.y as select v from other.x where v in ('a', 'b');
             create table other.z (t integer, metal text); insert into other.z values (1, 'gold')",
        )
        .await;
    let hash = |manifest: &serde_json::Value| manifest["content"]["tables"]["other.z"]["sha256"].to_string();
    let gold = store.create(&database).await;
    assert!(gold["verified"].is_object(), "{gold}");
    database.sql("update other.z set metal = 'lead'").await;
    assert_ne!(hash(&gold), hash(&store.create(&database).await));
}

#[tokio::test]
async fn every_byte_of_a_text_counts() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Sqlite));
    fill(&database).await;
    let hash = |manifest: &serde_json::Value| manifest["content"]["tables"]["gpu"]["sha256"].to_string();
    let mut hashes = Vec::new();
    for end in ["precious", "gone"] {
        database.sql(&format!("update gpu set notes = 'a' || char(0) || '{end}'")).await;
        hashes.push(hash(&store.create(&database).await));
    }
    assert_ne!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn a_database_with_a_long_name_is_restored_and_none_of_others_touched() {
    let (store, home) = (Store::new(), Database::create(Backend::Postgres));
    let name =
        format!("{}_{}", "n".repeat(50), &home.value("select md5(current_database())").await.expect("a name")[..12]);
    let url = home.url();
    let url = format!("{}/{name}", url.rsplit_once('/').expect("a URL").0);
    home.sql(&format!("create database {name}")).await;
    let run = async |arguments: &[&str]| {
        let call = store.call(&home, arguments).env("DATABASE_URL", &url);
        call.run().await
    };
    let up = partbook_test_support::partbook(&["migrate", "up"]).env("DATABASE_URL", &url).run().await;
    assert!(up.status.success(), "{up:?}");
    assert!(run(&["create"]).await.status.success());
    let databases = "select datname from pg_database where datname !~ '^partbook_(scratch|test)' order by 1";
    let before = home.rows(databases).await;
    let restored = run(&["restore", "--yes"]).await;
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(home.rows(databases).await, before);
    home.sql(&format!("drop database {name} with (force)")).await;
}

#[tokio::test]
async fn what_is_written_to_the_last_moment_is_in_the_backup_of_what_was_replaced() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    fill(&database).await;
    let file = store.create(&database).await["file"].as_str().expect("a file").to_owned();
    let mut written = 0_u64;
    let mut writer = database.connect().await;
    let restore = store.call(&database, &["restore", &file, "--yes", "--terminate"]);
    let mut restoring = std::pin::pin!(restore.run());
    let finished = loop {
        tokio::select! {
            finished = &mut restoring => break finished,
            // Ended by the swap, it writes no more.
            done = writer.attempt("insert into gpu (name, manufacturer, attributes_json) values (md5(random()::text), 'x', '{}')") => {
                if done.is_err() {
                    break restoring.await;
                }
                written += 1;
            }
        }
    };
    assert!(finished.status.success() && written > 0, "{written}: {finished:?}");
    let listed = store.list(&database).await;
    let safety = listed.last().expect("a backup");
    assert_eq!(safety["reason"], "before restore");
    assert_eq!(safety["content"]["tables"]["public.gpu"]["rows"], written + 1);
    assert_eq!(database.value("select count(*)::text from gpu").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_log_without_its_file_is_not_read_into_what_is_restored() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Sqlite));
    fill(&database).await;
    let manifest = store.create(&database).await;
    let (file, name) = (manifest["file"].as_str().expect("a file"), manifest["name"].as_str().expect("a name"));
    let arguments = ["restore", file, "--yes", "--of", name];
    let other = tempfile::TempDir::new().expect("a temporary directory");
    let live = other.path().join("catalog.db");
    let url = format!("sqlite://{}", live.display());
    for ending in ["-wal", "-journal"] {
        let left = other.path().join(format!("catalog.db{ending}"));
        fs::write(&left, "left").expect("a file");
        let refused = store.call(&database, &arguments).env("DATABASE_URL", &url).run().await;
        failed(&refused, 1, "is there without its file");
        assert!(!live.exists());
        fs::remove_file(&left).expect("a file");
    }
    // A link stays one, and what it leads to is replaced.
    let link = other.path().join("link.db");
    let target = store.call(&database, &arguments).env("DATABASE_URL", &url).run().await;
    assert!(target.status.success(), "{target:?}");
    std::os::unix::fs::symlink(&live, &link).expect("a link");
    let linked = format!("sqlite://{}", link.display());
    let done = store.call(&database, &arguments).env("DATABASE_URL", &linked).run().await;
    assert!(done.status.success() && link.is_symlink() && live.is_file(), "{done:?}");
}

backends!(a_backup_whose_file_is_gone_counts_for_nothing);
async fn a_backup_whose_file_is_gone_counts_for_nothing(backend: Backend) {
    let (store, database) = (Store::new(), Database::prepared(backend));
    let first = store.create(&database).await;
    let second = store.create(&database).await;
    fs::remove_file(store.file(&second)).expect("a backup");
    let listed = store.list(&database).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["file"], first["file"]);
}
