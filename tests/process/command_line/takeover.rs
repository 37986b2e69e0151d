//! What the start makes of a database of ours (contract section 9).

use super::{refused, serve};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Database, Server, backends};

/// A database that the service has set up and left.
async fn set_up(backend: Backend) -> Database {
    let database = Database::create(backend);
    assert!(Server::options().start_on(&database).await.stop().await.success());
    database
}

/// The table in which the migrations are recorded, found by what is beside the contract's tables.
async fn history(database: &Database) -> String {
    let query = if database.url().starts_with("sqlite") {
        "select name from sqlite_schema where type = 'table' and name like '%migration%'"
    } else {
        "select table_name::text from information_schema.tables where table_name like '%migration%'"
    };
    database.value(query).await.expect("a history")
}

backends!(a_second_start_changes_nothing);
async fn a_second_start_changes_nothing(backend: Backend) {
    let database = set_up(backend).await;
    let before = database.schema().await;
    let service = Server::options().start_on(&database).await;
    let row = service.create(&CPU, 1).await;
    assert!(service.stop().await.success());
    let service = Server::options().start_on(&database).await;
    assert_eq!(service.get(&CPU.at(&row["id"])).await.expect(200).json(), row);
    assert_eq!(database.schema().await, before);
}

backends!(two_at_once_set_up_one_database);
async fn two_at_once_set_up_one_database(backend: Backend) {
    let database = Database::create(backend);
    let start = || Server::options().start_on(&database);
    let (one, other, third) = tokio::join!(start(), start(), start());
    let row = one.create(&CPU, 1).await;
    for service in [&one, &other, &third] {
        assert_eq!(service.get(&CPU.at(&row["id"])).await.expect(200).json(), row);
        service.patch(&CPU.at(&row["id"]), &serde_json::json!({"notes": service.address()})).await.expect(200);
        service.sql("update cpu set notes = null, updated_at = created_at").await;
    }
}

backends!(a_history_that_is_newer_is_refused);
async fn a_history_that_is_newer_is_refused(backend: Backend) {
    let database = set_up(backend).await;
    let table = history(&database).await;
    // A version of the future, otherwise like the last one.
    let columns = "description, installed_on, success, checksum, execution_time";
    database
        .sql(&format!(
            "insert into {table} (version, {columns}) select 9000, {columns} from {table}
             where version = (select max(version) from {table})"
        ))
        .await;
    let before = database.schema().await;
    for call in [
        serve(&[("DATABASE_URL", &database.url())]),
        partbook_test_support::partbook(&["migrate", "up"]).env("DATABASE_URL", &database.url()),
    ] {
        let finished = call.run().await;
        let text = refused(&finished, 1);
        assert!(text.contains("newer") && text.contains("9000"), "{text}");
        assert_eq!(database.schema().await, before);
    }
}

backends!(an_older_history_is_brought_up_to_date);
async fn an_older_history_is_brought_up_to_date(backend: Backend) {
    let database = set_up(backend).await;
    let whole = database.schema().await;
    let call = partbook_test_support::partbook(&["migrate", "down", "--to", "2"]);
    assert!(call.env("DATABASE_URL", &database.url()).run().await.status.success());
    database.sql("insert into cpu (name, manufacturer) values ('Old', 'x')").await;
    assert_ne!(database.schema().await, whole);
    let service = Server::options().start_on(&database).await;
    assert_eq!(service.get(CPU.path).await.array().len(), 1);
    assert_eq!(database.schema().await, whole);
}

backends!(a_table_that_is_gone_is_named);
async fn a_table_that_is_gone_is_named(backend: Backend) {
    let database = set_up(backend).await;
    database.sql("alter table listing_component rename to gone").await;
    let finished = serve(&[("DATABASE_URL", &database.url())]).run().await;
    assert!(refused(&finished, 1).contains("listing_component"), "{finished:?}");
}

#[tokio::test]
async fn a_history_of_another_program_is_refused() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let database = set_up(backend).await;
        let table = history(&database).await;
        database.sql(&format!("update {table} set description = 'users' where version = 1")).await;
        let before = database.schema().await;
        refused(&serve(&[("DATABASE_URL", &database.url())]).run().await, 1);
        assert_eq!(database.schema().await, before);
    }
}
