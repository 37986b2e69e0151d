//! A backup takes the place of the database, and that can be undone.

use super::{Store, everything, failed, fill};
use partbook_test_support::{Backend, Database, Server, backends, partbook};

backends!(what_was_destroyed_is_back_and_the_restore_can_be_undone: Sqlite, Postgres, Legacy);
async fn what_was_destroyed_is_back_and_the_restore_can_be_undone(backend: Backend) {
    let store = Store::new();
    let database = if backend == Backend::Legacy { Database::legacy_with_rows() } else { Database::prepared(backend) };
    if backend != Backend::Legacy {
        fill(&database).await;
    }
    let (rows, schema) = (everything(&database).await, database.schema().await);
    store.create(&database).await;
    database.sql("update cpu set name = name || '!'; alter table gpu drop column notes").await;
    let destroyed = database.rows("select * from gpu order by id").await;
    let plan = store.succeed(&database, &["restore", "--dry-run"]).await;
    assert_eq!(plan.contains("of another program"), backend == Backend::Legacy, "{plan}");
    failed(&store.run(&database, &["restore"]).await, 2, "--yes says so");
    assert_eq!(database.rows("select * from gpu order by id").await, destroyed);
    let done = store.succeed(&database, &["restore", "--yes", "--terminate"]).await;
    assert_eq!((everything(&database).await, database.schema().await), (rows, schema));
    let (_, safety) = done.split_once("what it was before: ").expect("a backup of what was there");
    store.succeed(&database, &["restore", safety.trim(), "--yes", "--terminate"]).await;
    assert_eq!(database.rows("select * from gpu order by id").await, destroyed);
    let listed = store.list(&database).await;
    let reasons: Vec<_> = listed.iter().map(|manifest| manifest["reason"].as_str().unwrap_or_default()).collect();
    assert_eq!(reasons, ["by hand", "before restore", "before restore"]);
    assert!(listed.iter().all(|manifest| manifest["verified"].is_object()), "{listed:?}");
}

backends!(it_is_refused_while_others_are_connected);
async fn it_is_refused_while_others_are_connected(backend: Backend) {
    let database = Database::prepared(backend);
    let store = Store::new();
    fill(&database).await;
    store.create(&database).await;
    let service = Server::options().start_on(&database).await;
    service.get("/v1/catalog/cpus").await.expect(200);
    let refused = store.run(&database, &["restore", "--yes"]).await;
    failed(&refused, 1, "others work with");
    // It also tells of what restores left on the server that other tests kill.
    assert_eq!(refused.stderr.lines().filter(|line| line.starts_with("partbook: ")).count(), 1, "{refused:?}");
    assert!(refused.stderr.contains("Nothing was changed"), "{refused:?}");
    service.get("/v1/catalog/cpus").await.expect(200);
    if database.url().starts_with("postgres") {
        store.succeed(&database, &["restore", "--yes", "--terminate"]).await;
    }
    assert!(service.stop().await.success());
    store.succeed(&database, &["restore", "--yes", "--terminate"]).await;
    Server::options().start_on(&database).await.get("/v1/catalog/cpus").await.expect(200);
}

#[tokio::test]
async fn what_a_database_is_set_to_stays() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    let name = database.value("select current_database()").await.expect("a name");
    database
        .sql(&format!(
            "alter database {name} set work_mem = '8MB'; alter database {name} set search_path = public, pg_catalog;
             alter database {name} connection limit 90; comment on database {name} is 'it''s the catalog';
             revoke connect on database {name} from public"
        ))
        .await;
    let settings = format!(
        "select (select string_agg(item, ';' order by item) from unnest(setconfig) item), datconnlimit::text,
            (select string_agg(item::text, ';' order by item::text) from unnest(datacl) item), shobj_description(d.oid, 'pg_database'), pg_get_userbyid(datdba)
         from pg_database d join pg_db_role_setting on setdatabase = d.oid where datname = '{name}'"
    );
    let before = database.rows(&settings).await;
    assert_eq!(before.len(), 1, "{before:?}");
    store.create(&database).await;
    store.succeed(&database, &["restore", "--yes", "--terminate"]).await;
    assert_eq!(database.rows(&settings).await, before);
    let left = format!("select datname from pg_database where datname ~ '^{name}_'");
    assert_eq!(database.rows(&left).await, [[]; 0]);
}

#[tokio::test]
async fn a_role_that_may_not_changes_nothing() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    fill(&database).await;
    store.create(&database).await;
    let before = everything(&database).await;
    let restricted = database.restricted_url().await;
    let file = store.list(&database).await[0]["file"].as_str().expect("a file").to_owned();
    let refused = store.call(&database, &["restore", &file, "--yes"]).env("DATABASE_URL", &restricted).run().await;
    failed(&refused, 1, "the role may not create a database and rename");
    assert_eq!(everything(&database).await, before);
}

#[tokio::test]
async fn a_backup_of_the_other_kind_is_refused() {
    let store = Store::new();
    let (file, server) = (Database::prepared(Backend::Sqlite), Database::prepared(Backend::Postgres));
    store.create(&file).await;
    let name = store.list(&file).await[0]["file"].as_str().expect("a file").to_owned();
    failed(&store.run(&server, &["restore", &name, "--yes"]).await, 1, "is of the other kind");
    failed(&store.run(&server, &["restore", "--yes"]).await, 1, "there is no backup of");
}

#[tokio::test]
async fn a_file_that_is_gone_is_made_again() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Sqlite));
    fill(&database).await;
    let before = everything(&database).await;
    store.create(&database).await;
    let other = tempfile::TempDir::new().expect("a temporary directory");
    let url = format!("sqlite://{}", other.path().join("catalog.db").display());
    let manifest = store.list(&database).await[0].clone();
    let arguments = ["restore", manifest["file"].as_str().expect("a file"), "--yes"];
    let done = store.call(&database, &arguments).env("DATABASE_URL", &url).run().await;
    assert!(done.status.success() && done.stdout.contains("makes     sqlite://"), "{done:?}");
    let drift = partbook(&["migrate", "drift"]).env("DATABASE_URL", &url).run().await;
    assert!(drift.status.success(), "{drift:?}");
    assert_eq!(everything(&database).await, before);
}
