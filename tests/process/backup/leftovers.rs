//! What a killed run leaves is removed by the next one, where it is certainly nobody's.

use std::fs;

use futures_util::future::join_all;

use super::{Store, files, fill};
use partbook_test_support::{Backend, Database, backends};

/// The lock that a run holds on the name of a database of its own.
const HOLD: &str =
    "select pg_advisory_lock(1346521936, ('x' || substr(encode(sha256('NAME'), 'hex'), 1, 8))::bit(32)::int)";

backends!(half_done_files_go_and_those_of_others_stay);
async fn half_done_files_go_and_those_of_others_stay(backend: Backend) {
    let (store, database) = (Store::new(), Database::prepared(backend));
    let first = store.create(&database).await;
    let directory = store.path();
    for (name, entering) in [(".partbook-1-0", "half.dump"), (".partbook-2-0", first["file"].as_str().expect("a file"))]
    {
        let left = directory.join(name);
        fs::create_dir(&left).expect("a directory");
        fs::write(left.join("entering"), entering).expect("a file");
        fs::write(left.join("half.db"), "half").expect("a file");
    }
    // Moved to its place, and killed before its manifest was there.
    fs::write(directory.join("half.dump"), "half").expect("a file");
    fs::write(directory.join("notes.txt"), "somebody's").expect("a file");
    assert_eq!(store.list(&database).await.len(), 1);
    assert_eq!(store.succeed(&database, &["prune", "--dry-run"]).await, "");
    assert_eq!(files(&directory).len(), 5);
    let told = store.succeed(&database, &["prune"]).await;
    // Of the server's databases it may tell, too: those of other tests.
    let folders = told.lines().filter(|line| line.contains("/.partbook-"));
    assert_eq!(folders.filter(|line| line.ends_with("left by a run that was cut off")).count(), 2, "{told}");
    let mut left = files(&directory);
    left.retain(|name| name != "notes.txt");
    assert_eq!(left, [first["file"].as_str().expect("a file")]);
    assert!(directory.join("notes.txt").exists());
}

#[tokio::test]
async fn a_half_made_file_beside_the_live_one_goes() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Sqlite));
    fill(&database).await;
    let url = database.url();
    let live = url.trim_start_matches("sqlite://").split('?').next().expect("a path");
    let left: Vec<_> = ["", "-wal", "-shm"].map(|ending| format!("{live}.restoring{ending}")).into();
    for path in &left {
        fs::write(path, "half").expect("a file");
    }
    store.create(&database).await;
    assert!(left.iter().all(|path| !fs::exists(path).expect("a directory")), "{left:?}");
}

#[tokio::test]
async fn databases_that_nobody_holds_go_and_what_was_replaced_stays_until_it_is_a_backup() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    let names = ["partbook_scratch_1_1", "partbook_restoring_2_2", "partbook_restoring_3_3", "partbook_replaced_4_4"];
    // Before it is there, as runs do: another test's may look for what is left.
    let mut holder = database.connect().await;
    holder.run(&HOLD.replace("NAME", "partbook_restoring_3_3")).await;
    for name in names {
        database.sql(&format!("create database {name}")).await;
    }
    let there = async || {
        let there = database
            .rows("select datname from pg_database where datname ~ '^partbook_[a-z]+_([0-9])_[0-9]$' order by 1")
            .await;
        there.into_iter().flatten().flatten().collect::<Vec<_>>()
    };
    let finished = store.run(&database, &["create"]).await;
    assert!(finished.status.success() && finished.stderr.contains("partbook_replaced_4_4"), "{finished:?}");
    assert_eq!(there().await, ["partbook_replaced_4_4", "partbook_restoring_3_3"]);
    // As the message says.
    let url = database.url();
    let (server, _) = url.rsplit_once('/').expect("a URL");
    let replaced = format!("{server}/partbook_replaced_4_4");
    let kept = store.call(&database, &["create"]).env("DATABASE_URL", &replaced).run().await;
    assert!(kept.status.success(), "{kept:?}");
    assert_eq!(there().await.len(), 2);
    store.create(&database).await;
    assert_eq!(there().await, ["partbook_restoring_3_3"]);
    drop(holder);
    let gone = "select (count(*) = 0)::text from pg_locks where locktype = 'advisory' and classid::bigint = 1346521936 and objsubid = 2 \
                and objid::bigint = ('x' || substr(encode(sha256('partbook_restoring_3_3'), 'hex'), 1, 8))::bit(32)::bigint";
    while database.value(gone).await.as_deref() != Some("true") {
        tokio::task::yield_now().await;
    }
    let told = store.succeed(&database, &["prune"]).await;
    assert!(there().await.is_empty(), "{told}");
}

#[tokio::test]
async fn runs_that_clear_up_at_once_do_not_disturb_each_other() {
    const RUNS: usize = 4;
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    for round in 0..4 {
        for left in 0..6 {
            database.sql(&format!("create database partbook_restoring_{round}_{left}7")).await;
        }
        for finished in join_all((0..RUNS).map(|_| store.run(&database, &["prune"]))).await {
            assert!(finished.status.success(), "{finished:?}");
            assert!(!finished.stderr.contains("cannot be dropped"), "{}", finished.stderr);
        }
        let left = format!("select count(*)::text from pg_database where datname like 'partbook_restoring_{round}_%7'");
        assert_eq!(database.value(&left).await.as_deref(), Some("0"));
    }
}
