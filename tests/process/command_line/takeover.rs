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

/// The table in which the migrations are recorded.
fn history(database: &Database) -> String {
    database.own("migration")
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
    let table = history(&database);
    // A version of the future, otherwise like the last one.
    let columns = "name, checksum, state, origin, compatible, optional, at, tool";
    database
        .sql(&format!(
            "insert into {table} (version, {columns}) select 9000, {columns} from {table}
             where version = (select max(version) from {table} where not compatible)"
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
        let table = history(&database);
        database.sql(&format!("update {table} set name = 'users' where version = 1")).await;
        let before = database.schema().await;
        refused(&serve(&[("DATABASE_URL", &database.url())]).run().await, 1);
        assert_eq!(database.schema().await, before);
    }
}

backends!(the_history_of_a_version_before_is_taken_over);
async fn the_history_of_a_version_before_is_taken_over(backend: Backend) {
    let database = set_up(backend).await;
    let whole = database.schema().await;
    // The last before our own tables were kept apart.
    let down = partbook_test_support::partbook(&["migrate", "down", "--to", "8"]);
    assert!(down.env("DATABASE_URL", &database.url()).run().await.status.success());
    let table = history(&database);
    let (drop, bytes, checksum) = if backend == Backend::Sqlite {
        ("drop table partbook_migration; drop table partbook_migration_run", "blob", "unhex(checksum)")
    } else {
        ("drop schema partbook cascade", "bytea", "decode(checksum, 'hex')")
    };
    // As sqlx made it.
    database
        .sql(&format!(
            "create table _sqlx_migrations (version bigint primary key, description text not null,
                installed_on timestamp not null default current_timestamp, success boolean not null,
                checksum {bytes} not null, execution_time bigint not null);
             insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                select version, name, true, {checksum}, 1000000 from {table};
             {drop}"
        ))
        .await;
    let status = partbook_test_support::partbook(&["migrate", "status"]).env("DATABASE_URL", &database.url());
    let before = status.run().await;
    assert!(super::failed(&before, 1).contains("pending"), "{before:?}");
    let service = Server::options().start_on(&database).await;
    service.create(&CPU, 1).await;
    assert!(service.stop().await.success());
    assert_eq!(database.schema().await, whole, "it is where this version keeps it");
    let applied = database.value(&format!("select cast(count(*) as text) from {table} where state = 'applied'")).await;
    assert_eq!(
        applied.map(|count| count.parse::<usize>().expect("a number")),
        Some(before.stdout.lines().filter(|line| !line.ends_with("available")).count() - 1),
        "a line each but for what is there to be asked for, and one of the database"
    );
}

backends!(what_failed_is_not_tried_again_at_a_start);
async fn what_failed_is_not_tried_again_at_a_start(backend: Backend) {
    let database = Database::create(backend);
    let migrate = async |arguments: &[&str]| {
        let arguments: Vec<&str> = ["migrate"].iter().chain(arguments).copied().collect();
        partbook_test_support::partbook(&arguments).env("DATABASE_URL", &database.url()).run().await
    };
    assert!(migrate(&["up", "--to", "2"]).await.status.success());
    // In the way of the fourth.
    database.sql("create table idempotency_key (id integer)").await;
    // The start that tries it and those that do not end alike, so that a supervisor stops at once.
    let mut before = None;
    for _ in 0..3 {
        let stuck = serve(&[("DATABASE_URL", &database.url())]).run().await;
        assert_eq!(stuck.status.code(), Some(2), "{stuck:?}");
        assert!(stuck.stderr.lines().last().is_some_and(|line| line.contains("migration 4 failed at")), "{stuck:?}");
        let schema = database.schema().await;
        assert_eq!(*before.get_or_insert_with(|| schema.clone()), schema);
    }
    let status = migrate(&["status"]).await;
    assert!(super::failed(&status, 2).contains("migration 4 failed: "), "{status:?}");
    let applied: Vec<_> = status.stdout.lines().map(|line| line.contains("  20")).collect();
    assert_eq!(applied[..3], [true, true, true], "those before it stay applied: {status:?}");
    let runs = migrate(&["history"]).await;
    let heads = runs.stdout.lines().filter(|line| !line.starts_with(' '));
    let ends: Vec<_> = heads.map(|line| (line.contains("serve"), line.contains(": failed: "))).collect();
    assert_eq!(ends, [(true, true), (false, false)], "{runs:?}");
    database.sql("drop table idempotency_key").await;
    assert!(migrate(&["up"]).await.status.success());
    Server::options().start_on(&database).await.create(&CPU, 1).await;
}
