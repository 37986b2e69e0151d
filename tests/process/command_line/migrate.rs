//! `partbook migrate up` and `migrate status`.

use super::{path_of, refused, vacant};
use partbook_test_support::process::Finished;
use partbook_test_support::{Backend, Database, Server, backends, partbook};

async fn migrate(verb: &str, database: &Database) -> Finished {
    partbook(&["migrate", verb]).env("DATABASE_URL", &database.url()).run().await
}

backends!(up_makes_what_serve_would_make);
async fn up_makes_what_serve_would_make(backend: Backend) {
    let (by_hand, by_itself) = (Database::create(backend), Database::create(backend));
    let finished = migrate("up", &by_hand).await;
    assert!(finished.status.success(), "{finished:?}");
    assert!(!finished.stdout.trim().is_empty(), "what was done is said");
    Server::options().start_on(&by_itself).await.stop().await;
    assert_eq!(by_hand.schema().await, by_itself.schema().await);
    // Again: nothing to do, and no fault.
    let before = by_hand.schema().await;
    assert!(migrate("up", &by_hand).await.status.success());
    assert_eq!(by_hand.schema().await, before);
    Server::options().start_on(&by_hand).await.get("/v1/catalog/cpus").await.expect(200);
}

backends!(status_says_what_is_pending_and_changes_nothing);
async fn status_says_what_is_pending_and_changes_nothing(backend: Backend) {
    let database = Database::create(backend);
    let before = database.schema().await;
    let pending = migrate("status", &database).await;
    assert_eq!(database.schema().await, before);
    assert!(pending.status.success(), "{pending:?}");
    assert!(pending.stdout.contains("pending"), "{pending:?}");
    assert!(migrate("up", &database).await.status.success());
    let before = database.schema().await;
    let applied = migrate("status", &database).await;
    assert!(applied.status.success() && !applied.stdout.contains("pending"), "{applied:?}");
    assert_eq!(applied.stdout.lines().count(), pending.stdout.lines().count());
    assert_eq!(database.schema().await, before);
}

#[tokio::test]
async fn status_creates_no_file() {
    let (_directory, path) = vacant();
    let finished = partbook(&["migrate", "status"]).env("DATABASE_URL", &format!("sqlite://{path}")).run().await;
    assert!(!std::path::Path::new(&path).exists(), "{finished:?}");
    let database = Database::create(Backend::Sqlite);
    assert!(migrate("up", &database).await.status.success());
    assert!(std::path::Path::new(&path_of(&database)).exists());
}

#[tokio::test]
async fn a_legacy_database_is_never_migrated() {
    let database = Database::legacy_with_rows();
    let before = database.schema().await;
    for verb in ["up", "status"] {
        let finished = migrate(verb, &database).await;
        if !finished.status.success() {
            assert!(refused(&finished, 1).contains("legacy"), "{finished:?}");
        }
        assert_eq!(database.schema().await, before);
    }
}
