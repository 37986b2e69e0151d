//! What is killed at any moment leaves the old database or the new one, whole.

use std::time::Duration;

use super::{Store, everything, files, fill};
use partbook_test_support::{Backend, Database, backends};

/// How often each is killed.
const KILLS: u32 = 20;

backends!(a_backup_that_is_cut_off_is_none);
async fn a_backup_that_is_cut_off_is_none(backend: Backend) {
    let database = Database::prepared(backend);
    let store = Store::new();
    fill(&database).await;
    let before = everything(&database).await;
    for kill in 0..KILLS {
        let moment = tokio::time::sleep(Duration::from_millis(u64::from(kill) * 25));
        store.call(&database, &["create"]).killed_at(moment).await;
        for manifest in store.list(&database).await {
            let file = manifest["file"].as_str().expect("a file").to_owned();
            store.succeed(&database, &["verify", &file]).await;
        }
    }
    assert_eq!(everything(&database).await, before);
    // The next one removes what was left half-done.
    let manifest = store.create(&database).await;
    assert!(manifest["verified"].is_object(), "{manifest}");
    assert_eq!(files(&store.path()).len(), store.list(&database).await.len());
}

backends!(a_restore_that_is_cut_off_leaves_the_old_or_the_new);
async fn a_restore_that_is_cut_off_leaves_the_old_or_the_new(backend: Backend) {
    let database = Database::prepared(backend);
    let store = Store::new();
    fill(&database).await;
    let old = everything(&database).await;
    let file = store.create(&database).await["file"].as_str().expect("a file").to_owned();
    database.sql("delete from gpu; update cpu set notes = 'new'").await;
    let new = everything(&database).await;
    let server = Database::create(backend);
    let mut killed = Vec::new();
    for kill in 0..KILLS {
        let moment = tokio::time::sleep(Duration::from_millis(u64::from(kill) * 60));
        killed.push(store.call(&database, &["restore", &file, "--yes", "--terminate"]).killed_at(moment).await);
        settled(&server).await;
        let now = everything(&database).await;
        assert!(now == old || now == new, "after {kill} of {KILLS}: neither of the two");
        if now == old {
            database.sql("delete from gpu; update cpu set notes = 'new'").await;
        }
    }
    store.succeed(&database, &["restore", &file, "--yes", "--terminate"]).await;
    assert_eq!(everything(&database).await, old);
    // That one has removed what those left which were killed.
    let left = "select datname from pg_database where datname ~ '^partbook_(scratch|restoring)_'";
    let left = if backend == Backend::Sqlite { Vec::new() } else { server.rows(left).await };
    let of_killed = |name: &str| killed.iter().any(|id| name.ends_with(&format!("_{id}")));
    let left: Vec<_> = left.into_iter().flatten().flatten().filter(|name| of_killed(name)).collect();
    assert_eq!(left, [] as [&str; 0]);
    assert_eq!(files(&store.path()).len(), store.list(&database).await.len());
}

/// Waits until the server has done what it was sent: it goes on to the end of a statement whose sender is gone.
async fn settled(server: &Database) {
    if server.url().starts_with("sqlite") {
        return;
    }
    let swapping = "select 'yes' from pg_stat_activity where query like '%rename to%' and state <> 'idle' and pid <> pg_backend_pid()";
    while !server.rows(swapping).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
