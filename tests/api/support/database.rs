//! A database of a test's own, with a connection beside the service's.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use sqlx::postgres::{PgConnection, PgValueFormat};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, ValueRef, raw_sql};
use tempfile::TempDir;

use super::Backend;
use super::postgres::{random_word, server};

const LEGACY: &str = include_str!("../../fixtures/legacy.sql");
const LEGACY_ADDITIONS: &str = include_str!("../../fixtures/legacy_additions.sql");
const LEGACY_ROWS: &str = include_str!("../../fixtures/legacy_rows.sql");

/// A fresh database. It is gone when the last clone of this handle is.
#[derive(Clone)]
pub(crate) struct Database(Arc<Place>);

enum Place {
    Sqlite(TempDir),
    Postgres(Url),
}

impl Database {
    /// A new database that nobody has started the service on.
    pub(crate) async fn create(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                Self(Arc::new(Place::Sqlite(TempDir::with_prefix("partbook-sqlite-").expect("a temporary directory"))))
            }
            Backend::Postgres => Self::postgres().await,
            Backend::Legacy => {
                let database = Self::postgres().await;
                database.sql(LEGACY).await;
                database.sql(LEGACY_ADDITIONS).await;
                database
            }
        }
    }

    /// The legacy schema with the awkward rows of `fixtures/legacy_rows.sql`.
    pub(crate) async fn legacy_with_rows() -> Self {
        let database = Self::create(Backend::Legacy).await;
        database.sql(LEGACY_ROWS).await;
        database
    }

    async fn postgres() -> Self {
        let name = format!("partbook_test_{}", random_word());
        let mut url = server().url.clone();
        let mut connection = connect(&url).await;
        execute(&mut connection, &format!("create database {name}")).await;
        close(connection).await;
        url.set_path(&name);
        Self(Arc::new(Place::Postgres(url)))
    }

    /// What the service takes as `DATABASE_URL`.
    pub(crate) fn url(&self) -> String {
        match &*self.0 {
            Place::Sqlite(directory) => format!("sqlite://{}", file(directory.path())),
            Place::Postgres(url) => url.to_string(),
        }
    }

    /// Executes one statement or several, separated by semicolons.
    pub(crate) async fn sql(&self, statements: &str) {
        match &*self.0 {
            Place::Sqlite(directory) => {
                let mut connection = open(directory.path()).await;
                let outcome = raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await;
                outcome.unwrap_or_else(|fault| panic!("{fault}\nin: {statements}"));
                connection.close().await.expect("SQLite closes");
            }
            Place::Postgres(url) => {
                let mut connection = connect(url).await;
                execute(&mut connection, statements).await;
                close(connection).await;
            }
        }
    }

    /// The rows of a query, every value as the database's own text, null as `None`.
    pub(crate) async fn rows(&self, query: &str) -> Vec<Vec<Option<String>>> {
        match &*self.0 {
            Place::Sqlite(directory) => {
                let mut connection = open(directory.path()).await;
                let rows = raw_sql(AssertSqlSafe(query))
                    .fetch_all(&mut connection)
                    .await
                    .unwrap_or_else(|fault| panic!("{fault}\nin: {query}"));
                connection.close().await.expect("SQLite closes");
                rows.iter().map(|row| (0..row.len()).map(|column| row.get_unchecked(column)).collect()).collect()
            }
            Place::Postgres(url) => {
                let mut connection = connect(url).await;
                let rows = raw_sql(AssertSqlSafe(query))
                    .fetch_all(&mut connection)
                    .await
                    .unwrap_or_else(|fault| panic!("{fault}\nin: {query}"));
                close(connection).await;
                rows.iter()
                    .map(|row| {
                        (0..row.len())
                            .map(|column| {
                                let value = row.try_get_raw(column).expect("a column of the row");
                                (!value.is_null()).then(|| {
                                    assert!(value.format() == PgValueFormat::Text);
                                    value.as_str().expect("UTF-8").to_owned()
                                })
                            })
                            .collect()
                    })
                    .collect()
            }
        }
    }

    /// The one value of a query that has one row with one column.
    pub(crate) async fn value(&self, query: &str) -> Option<String> {
        let mut rows = self.rows(query).await;
        assert!(rows.len() == 1 && rows[0].len() == 1, "not one value: {rows:?}");
        rows.remove(0).remove(0)
    }

    /// Everything the schema consists of, one line per column, constraint, index and type: equal before and after means
    /// that no DDL was executed.
    pub(crate) async fn schema(&self) -> String {
        let query = match &*self.0 {
            Place::Sqlite(_) => "select type, name, sql from sqlite_schema order by 1, 2",
            Place::Postgres(_) => POSTGRES_SCHEMA,
        };
        let rows = self.rows(query).await;
        rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ") + "\n").collect()
    }

    /// The URL of a role that may read and write the rows of this PostgreSQL database and create nothing in it.
    pub(crate) async fn restricted_url(&self) -> String {
        let Place::Postgres(url) = &*self.0 else {
            panic!("SQLite has no roles");
        };
        let name = &url.path()[1..];
        let role = restricted_role(name);
        self.sql(&format!(
            "create role {role} login password 'restricted';
             revoke all on database {name} from public;
             grant connect on database {name} to {role};
             revoke all on schema public from public;
             grant usage on schema public to {role};
             grant select, insert, update, delete on all tables in schema public to {role};
             grant usage on all sequences in schema public to {role};"
        ))
        .await;
        let mut url = url.clone();
        url.set_username(&role).expect("a URL with a host");
        url.set_password(Some("restricted")).expect("a URL with a host");
        url.to_string()
    }
}

impl Drop for Place {
    /// Hundreds of databases of 8 MB each would fill a small disk.
    fn drop(&mut self) {
        let Place::Postgres(url) = self else { return };
        let name = url.path()[1..].to_owned();
        // A runtime cannot be entered twice, and this may run inside the test's own.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect(server().url.as_str()).await?;
                let role = restricted_role(&name);
                for statement in [format!("drop database {name} with (force)"), format!("drop role if exists {role}")] {
                    raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
                }
                connection.close().await
            })
        });
        // What could not be dropped goes with the throwaway server; a test must not fail for it.
        if let Ok(Err(fault)) = dropping.join() {
            eprintln!("a test database stays behind: {fault}");
        }
    }
}

fn restricted_role(database: &str) -> String {
    format!("{database}_restricted")
}

fn file(directory: &Path) -> String {
    let path = directory.join("partbook.db");
    path.to_str().expect("a temporary path in UTF-8").to_owned()
}

async fn open(directory: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(file(directory))
        .create_if_missing(true)
        .busy_timeout(Duration::from_secs(10))
        .connect()
        .await
        .expect("SQLite opens")
}

async fn connect(url: &Url) -> PgConnection {
    PgConnection::connect(url.as_str()).await.unwrap_or_else(|fault| panic!("PostgreSQL of the tests: {fault}"))
}

async fn execute(connection: &mut PgConnection, statements: &str) {
    raw_sql(AssertSqlSafe(statements))
        .execute(connection)
        .await
        .unwrap_or_else(|fault| panic!("{fault}\nin: {statements}"));
}

async fn close(connection: PgConnection) {
    connection.close().await.expect("PostgreSQL says goodbye");
}

const POSTGRES_SCHEMA: &str = "
    select 'column', c.oid::regclass::text, c.relkind::text, a.attname::text, format_type(a.atttypid, a.atttypmod),
        a.attnotnull::text, pg_get_expr(d.adbin, d.adrelid)
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where n.nspname !~ '^(pg_|information_schema)'
    union all
    select 'constraint', conrelid::regclass::text, conname::text, pg_get_constraintdef(oid), null, null, null
    from pg_constraint where connamespace = 'public'::regnamespace
    union all
    select 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid), null, null, null, null
    from pg_index where indrelid::regclass::text !~ '^pg_'
    union all
    select 'type', t.typname::text, e.enumlabel::text, null, null, null, null
    from pg_type t join pg_enum e on e.enumtypid = t.oid
    union all
    select 'routine', oid::regprocedure::text, null, null, null, null, null
    from pg_proc where pronamespace = 'public'::regnamespace
    union all
    select 'trigger', tgrelid::regclass::text, tgname::text, null, null, null, null
    from pg_trigger where not tgisinternal
    union all
    select 'schema', nspname::text, null, null, null, null, null
    from pg_namespace where nspname !~ '^pg_'
    order by 1, 2, 3, 4";
