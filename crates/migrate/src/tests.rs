//! Whose database it is, decided on lists of tables and on SQLite files. PostgreSQL is tested from outside.

use std::collections::BTreeMap;
use std::fs;

use partbook_database::catalogue::{
    Catalogue, Column, Encoding, RequiredColumn, RequiredTable, Table, TypeName, UniqueKey,
};
use partbook_database::{DatabaseUrl, Dialect, OwnTables, Pool, PoolSettings, SchemaKind, StartError};
use partbook_domain::Kind;
use tempfile::TempDir;

use crate::books::{FORMER_HISTORY, History};
use crate::detect::{CATALOG, Found, decide};
use crate::fitness::faults;
use crate::{AtStart, Goal, Migration, Migrator, NoPrecaution, Standing, Status};

async fn open(directory: &TempDir) -> Pool {
    let url = format!("sqlite://{}", directory.path().join("partbook.db").display());
    Pool::connect(&DatabaseUrl::parse(&url).unwrap(), &PoolSettings::default()).await.unwrap()
}

async fn prepare(pool: Pool, required: &[RequiredTable]) -> Result<partbook_database::Prepared, StartError> {
    crate::prepare(pool, required, AtStart::Migrate(&NoPrecaution)).await
}

async fn status(pool: &Pool) -> Result<Status, StartError> {
    Migrator::new(pool).await?.status().await
}

async fn up(pool: &Pool, last: Option<i64>) -> Result<Vec<i64>, StartError> {
    let migrator = Migrator::new(pool).await?;
    let mut done = Vec::new();
    migrator.apply(&migrator.plan(Goal::up(last)).await?, None, &NoPrecaution, &mut |it| done.push(it.version)).await?;
    Ok(done)
}

fn column(name: &str, base: &str, sql: &str) -> Column {
    let type_name = TypeName { base: base.to_owned(), sql: sql.to_owned() };
    Column { name: name.to_owned(), type_name: Some(type_name), is_nullable: true }
}

fn table(name: &str, columns: &[&str]) -> Table {
    let columns = columns.iter().map(|name| column(name, "int4", "integer")).collect();
    Table { name: name.to_owned(), columns, readable: true, hides_rows: false, is_ordinary: true }
}

fn read(tables: Vec<Table>) -> Catalogue {
    Catalogue {
        tables,
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        enums: BTreeMap::new(),
        trigram_indexes: Vec::new(),
        encoding: Encoding::Unicode,
    }
}

fn required(name: &'static str, columns: &[&'static str]) -> RequiredTable {
    let columns = columns.iter().map(|name| RequiredColumn::new(name, Kind::Int)).collect();
    RequiredTable { name, is_own: false, columns, unique_keys: Vec::new() }
}

fn own() -> OwnTables {
    OwnTables::usual(Dialect::Postgres)
}

fn catalog() -> Vec<Table> {
    CATALOG.iter().map(|name| table(name, &["id"])).collect()
}

#[test]
fn the_tables_decide_whose_database_it_is() {
    assert_eq!(decide(&[], Dialect::Postgres).unwrap(), Found::Empty(History::default()));
    assert_eq!(decide(&catalog(), Dialect::Postgres).unwrap(), Found::Legacy);
    let few = [table("cpu", &[]), table("alembic_version", &[])];
    assert_eq!(decide(&few, Dialect::Postgres).unwrap(), Found::Legacy);
    let strangers: Vec<Table> =
        (0..12).map(|n| table(&format!("orders_{n}"), &[])).chain([table("port", &[])]).collect();
    let message = decide(&strangers, Dialect::Postgres).unwrap_err().to_string();
    assert!(message.contains("orders_0, orders_1") && message.contains("and 5 more"), "{message}");
    assert!(decide(&catalog(), Dialect::Sqlite).unwrap_err().to_string().contains("partbook_migration"));
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let mut tables = catalog();
    assert_eq!(faults(&read(tables.clone()), &own(), &[required("cpu", &["id"])]), None);
    tables.retain(|table| table.name != "port" && table.name != "gpu");
    tables[0].readable = false;
    let wanted = [
        required("cpu", &["id", "igpu_mark", "passmark_id"]),
        required("gpu", &["id"]),
        required("profile", &["name"]),
    ];
    assert_eq!(
        faults(&read(tables.clone()), &own(), &wanted).unwrap(),
        "it lacks the table(s) gpu, port; it lacks the column(s) cpu.igpu_mark, cpu.passmark_id, profile.name; \
         the role lacks the right to select from cpu"
    );
    tables[0].readable = true;
    tables[0].hides_rows = true;
    let hidden = faults(&read(tables), &own(), &[]).unwrap();
    assert!(hidden.contains("row level security hides rows") && hidden.ends_with("in cpu"), "{hidden}");
}

#[test]
fn a_table_of_ours_is_named_as_the_database_does() {
    let mut wanted = [required("note", &["id", "text"])];
    wanted[0].is_own = true;
    let message = |tables| faults(&read(tables), &own(), &wanted);
    let with = |name: &str, is_readable: bool| {
        let mut note = table(name, &["id"]);
        note.readable = is_readable;
        catalog().into_iter().chain([note]).collect::<Vec<_>>()
    };
    let missing = "it lacks the table(s) partbook.note";
    assert_eq!(message(catalog()).as_deref(), Some(missing));
    assert_eq!(message(with("note", true)).as_deref(), Some(missing), "that one is somebody else's");
    assert_eq!(message(with("partbook.note", true)).as_deref(), Some("it lacks the column(s) partbook.note.text"));
    let unreadable = message(with("partbook.note", false)).unwrap();
    assert!(unreadable.ends_with("the role lacks the right to select from partbook.note"), "{unreadable}");
}

#[test]
fn other_types_and_missing_keys_are_named_at_once() {
    let mut tables = catalog();
    tables[0].columns.extend([
        column("cores", "int2", "smallint"),
        column("name", "varchar", "character varying(255)"),
        column("price", "numeric", "numeric(10,2)"),
    ]);
    let wanted = RequiredTable {
        name: "cpu",
        is_own: false,
        columns: vec![
            RequiredColumn::new("id", Kind::Int),
            RequiredColumn::new("cores", Kind::Int),
            RequiredColumn::new("name", Kind::Text),
            RequiredColumn::new("price", Kind::Float),
        ],
        unique_keys: vec![vec!["id"], vec!["name"], vec!["gone"]],
    };
    let key = |name: &str, columns: &[&str], is_plain| UniqueKey {
        table: "cpu".to_owned(),
        name: name.to_owned(),
        columns: columns.iter().map(|&column| column.to_owned()).collect(),
        is_plain,
    };
    let mut catalogue = read(tables);
    let wanted = [wanted];
    // What is unique without regard to letter case, or beside another column, is another key.
    catalogue.unique_keys = vec![key("folded", &["name"], false), key("wider", &["id", "name"], true)];
    assert_eq!(
        faults(&catalogue, &own(), &wanted).unwrap(),
        "it has column(s) of another type: cpu.cores is smallint and has to be integer, cpu.price is numeric(10,2) and has to \
         be double precision; it lacks a primary key or unique constraint on cpu (id), cpu (name)"
    );
    catalogue.tables[0].is_ordinary = false;
    assert!(!faults(&catalogue, &own(), &wanted).unwrap().contains("unique"));
    catalogue.tables[0].is_ordinary = true;
    catalogue.unique_keys.extend([key("cpu_pkey", &["id"], true), key("of the name", &["name"], true)]);
    assert!(!faults(&catalogue, &own(), &wanted).unwrap().contains("unique"));
}

#[tokio::test]
async fn an_empty_file_becomes_ours_and_stays_so() {
    let directory = tempfile::tempdir().unwrap();
    let pool = open(&directory).await;
    let is_ours = |migration: &&Migration| migration.state != Standing::Available;
    let before = status(&pool).await.unwrap().migrations;
    assert!(before.iter().filter(is_ours).all(|migration| migration.state == Standing::Pending), "{before:?}");
    assert_eq!(prepare(pool.clone(), &[required("cpu", &["id", "name"])]).await.unwrap().schema, SchemaKind::Ours);
    assert_eq!(prepare(pool.clone(), &[required("cpu", &["id", "name"])]).await.unwrap().schema, SchemaKind::Ours);
    assert!(up(&pool, None).await.unwrap().is_empty());
    let status = status(&pool).await.unwrap().migrations;
    assert_eq!((status[0].version, status[0].name.as_str()), (1, "catalog"));
    let applied = |migration: &Migration| matches!(migration.state, Standing::Applied(_));
    assert!(status.iter().filter(is_ours).all(applied), "{status:?}");
    let mode = pool.text_rows("pragma journal_mode").await.unwrap();
    assert_eq!(mode, [[Some("wal".to_owned())]]);
    let error = prepare(pool.clone(), &[required("cpu", &["flavour"])]).await.unwrap_err().to_string();
    assert!(error.contains("cpu.flavour"), "{error}");
    pool.close().await;
}

#[tokio::test]
async fn two_starts_on_one_new_file_agree() {
    let directory = tempfile::tempdir().unwrap();
    let (one, other) = (open(&directory).await, open(&directory).await);
    let (first, second) = tokio::join!(prepare(one.clone(), &[]), prepare(other.clone(), &[]));
    assert_eq!((first.unwrap().schema, second.unwrap().schema), (SchemaKind::Ours, SchemaKind::Ours));
}

#[tokio::test]
async fn a_newer_database_and_a_changed_migration_are_refused_by_version() {
    let directory = tempfile::tempdir().unwrap();
    let pool = open(&directory).await;
    prepare(pool.clone(), &[]).await.unwrap();
    pool.execute("update partbook_migration set checksum = '00' where version = 2").await.unwrap();
    let message = prepare(pool.clone(), &[]).await.unwrap_err().to_string();
    assert!(message.contains("migration(s) 2 in another form"), "{message}");
    pool.execute(
        "insert into partbook_migration (version, name, checksum, state, origin, compatible, optional, at, tool)
         values (9001, 'later', '00', 'applied', 'run', false, false, '2026-01-01T00:00:00Z', '9.0.0')",
    )
    .await
    .unwrap();
    let message = prepare(pool.clone(), &[]).await.unwrap_err().to_string();
    assert!(message.contains("migration(s) 9001") && message.contains("newer"), "{message}");
}

#[tokio::test]
async fn a_strangers_file_is_refused_and_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let pool = open(&directory).await;
    pool.execute("create table recipe (id integer primary key); create table _sqlx_migrations (version integer)")
        .await
        .unwrap();
    pool.close().await;
    let before = fs::read(directory.path().join("partbook.db")).unwrap();
    for (statement, word) in [("", FORMER_HISTORY), ("drop table _sqlx_migrations", "recipe")] {
        let pool = open(&directory).await;
        pool.execute(statement).await.unwrap();
        let message = prepare(pool.clone(), &[]).await.unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
        pool.close().await;
        if statement.is_empty() {
            assert_eq!(fs::read(directory.path().join("partbook.db")).unwrap(), before);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no journal is left beside it");
    }
}

#[tokio::test]
async fn foreign_keys_of_other_tables_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let pool = open(&directory).await;
    prepare(pool.clone(), &[]).await.unwrap();
    pool.execute(
        "create table \"saved builds\" (id integer primary key, cpu integer references cpu on delete set null,
            alternative integer references CPU (id));
         create table review (gpu_id integer, foreign key (gpu_id) references gpu (id))",
    )
    .await
    .unwrap();
    let catalogue = Catalogue::read(&pool, &OwnTables::usual(Dialect::Sqlite)).await.unwrap();
    let found: Vec<_> = catalogue.foreign_keys_of_others(&["cpu", "gpu", "profile"], &CATALOG).collect();
    let shown: Vec<_> = found.iter().map(|it| (it.table.as_str(), it.name.as_str(), it.target.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("\"review\"", "review", "gpu"),
            ("\"saved builds\"", "saved builds", "cpu"),
            ("\"saved builds\"", "saved builds", "cpu"),
        ]
    );
    assert!(found.iter().all(|it| it.readable && it.target_columns == ["\"id\""]), "{found:?}");
    assert!(catalogue.has_readable("review") && !catalogue.has_readable("alembic_version"));
}

#[tokio::test]
async fn a_file_that_litestream_watches_already_is_empty() {
    let directory = TempDir::new().unwrap();
    let pool = open(&directory).await;
    // As its version 0.5 makes them.
    pool.execute("create table _litestream_seq (id integer primary key, seq integer)").await.unwrap();
    pool.execute("create table _litestream_lock (id integer)").await.unwrap();
    assert!(!up(&pool, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_check_that_is_not_as_it_was_written_is_not_passed_over() {
    let directory = TempDir::new().unwrap();
    let pool = open(&directory).await;
    up(&pool, Some(7)).await.unwrap();
    // As a tool might that writes statements in its own way.
    pool.execute(
        "pragma writable_schema = on;
         update sqlite_schema set sql = replace(sql, '''hbm3'', ', '''hbm3'',') where name = 'ram_spec';
         pragma writable_schema = reset",
    )
    .await
    .unwrap();
    let message = up(&pool, Some(8)).await.unwrap_err().to_string();
    assert!(message.contains("migration 8") && message.contains("the_check_of_generations"), "{message}");
}
