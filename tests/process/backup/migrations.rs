//! A database with rows is backed up before its migrations.

use super::{Store, everything, failed, fill};
use partbook_test_support::{Backend, Database, Server, backends, partbook};

backends!(up_down_and_serve_make_a_backup_first);
async fn up_down_and_serve_make_a_backup_first(backend: Backend) {
    let database = Database::create(backend);
    let store = Store::new();
    let migrate = async |arguments: &[&str]| {
        let arguments: Vec<&str> = ["migrate"].iter().chain(arguments).copied().collect();
        let call = partbook(&arguments).env("DATABASE_URL", &database.url());
        call.env("PARTBOOK_BACKUP_DIR", &store.text()).run().await
    };
    assert!(migrate(&["up", "--to", "5"]).await.status.success());
    assert_eq!(store.list(&database).await.len(), 0, "there was nothing to lose");
    fill(&database).await;
    let before = everything(&database).await;
    assert!(migrate(&["up", "--to", "6", "--yes"]).await.status.success());
    assert!(migrate(&["down", "1", "--yes"]).await.status.success());
    assert!(migrate(&["up", "1", "--yes", "--no-backup"]).await.status.success());
    let service = Server::options().env("PARTBOOK_BACKUP_DIR", &store.text()).start_on(&database).await;
    assert!(service.stop().await.success());
    let listed = store.list(&database).await;
    let reasons: Vec<_> = listed.iter().map(|manifest| manifest["reason"].as_str().unwrap_or_default()).collect();
    assert_eq!(reasons[..2], ["before up from 5 to 6", "before down from 6 to 5"]);
    assert!(reasons[2].starts_with("before up from 6 to ") && reasons.len() == 3, "{reasons:?}");
    assert!(listed.iter().all(|manifest| manifest["verified"].is_object()), "{listed:?}");
    // A start that has nothing to migrate makes none.
    let service = Server::options().env("PARTBOOK_BACKUP_DIR", &store.text()).start_on(&database).await;
    assert!(service.stop().await.success());
    assert_eq!(store.list(&database).await.len(), 3);
    // Back to before the sixth.
    store.succeed(&database, &["restore", "--before-migration", "6", "--yes", "--terminate"]).await;
    assert_eq!(everything(&database).await, before);
    let status = migrate(&["status"]).await;
    assert_eq!(status.status.code(), Some(1), "{status:?}");
    assert!(status.stdout.contains("version 5 of"), "{status:?}");
}

#[tokio::test]
async fn without_a_verified_backup_nothing_is_migrated() {
    let (store, database) = (Store::new(), Database::create(Backend::Postgres));
    let owner = partbook(&["migrate", "up", "--to", "5"]).env("DATABASE_URL", &database.url()).run().await;
    assert!(owner.status.success(), "{owner:?}");
    fill(&database).await;
    let before = database.schema().await;
    let restricted = database.restricted_url().await;
    database.sql("grant create on schema public to public; grant usage on schema partbook to public").await;
    database.sql("grant select on all tables in schema partbook to public").await;
    for arguments in [&["migrate", "up", "--yes"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let call = partbook(arguments).env("DATABASE_URL", &restricted).env("PARTBOOK_BACKUP_DIR", &store.text());
        let finished = call.run().await;
        failed(&finished, 2, "--no-backup, or PARTBOOK_MIGRATE_BACKUP=off");
        assert_eq!(database.schema().await, before);
    }
}
