//! A database of a test's own, with a connection beside the service's.

use std::path::Path;
use std::sync::Arc;

use reqwest::Url;
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::sql::{Connection, Rows, own};
use crate::template::{self, Content};
use crate::{Backend, desk, scratch};

/// A fresh database. It is gone when the last clone of this handle is.
#[derive(Clone, Debug)]
pub struct Database(Arc<Place>);

#[derive(Debug)]
enum Place {
    Sqlite(TempDir),
    Postgres(Url, Mutex<Option<Connection>>),
}

impl Database {
    /// A new database that nobody has started the service on: empty, or with the legacy schema.
    pub fn create(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::sqlite(),
            Backend::Postgres => Self::postgres(Content::Nothing),
            Backend::Legacy => Self::postgres(Content::Legacy),
        }
    }

    /// A new database as the service has left it after its first start.
    pub fn prepared(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let database = Self::sqlite();
                template::sqlite(Path::new(database.url().trim_start_matches("sqlite://")));
                database
            }
            Backend::Postgres => Self::postgres(Content::Migrated),
            Backend::Legacy => Self::postgres(Content::Legacy),
        }
    }

    /// The legacy schema with the awkward rows of `tests/fixtures/legacy_rows.sql`.
    pub fn legacy_with_rows() -> Self {
        Self::postgres(Content::LegacyRows)
    }

    /// A new PostgreSQL database with another encoding than UTF-8: empty, or with the legacy schema.
    pub async fn encoded(backend: Backend, encoding: &str) -> Self {
        let content = if backend == Backend::Legacy { Content::Legacy } else { Content::Nothing };
        Self(Arc::new(Place::Postgres(template::postgres_in(encoding, content).await, Mutex::default())))
    }

    fn sqlite() -> Self {
        Self(Arc::new(Place::Sqlite(scratch::temporary("partbook-sqlite-"))))
    }

    fn postgres(content: Content) -> Self {
        Self(Arc::new(Place::Postgres(template::postgres(content), Mutex::default())))
    }

    /// What the service takes as `DATABASE_URL`.
    pub fn url(&self) -> String {
        match &*self.0 {
            Place::Sqlite(directory) => {
                let path = directory.path().join("partbook.db");
                format!("sqlite://{}", path.to_str().expect("a temporary path in UTF-8"))
            }
            Place::Postgres(url, _) => url.to_string(),
        }
    }

    /// A connection of another program.
    pub async fn connect(&self) -> Connection {
        Connection::open(&self.url()).await
    }

    /// Executes one statement or several, separated by semicolons.
    pub async fn sql(&self, statements: &str) {
        self.over_connection(async |connection| connection.run(statements).await).await;
    }

    /// The rows of a query, every value as the database's own text, null as `None`.
    pub async fn rows(&self, query: &str) -> Rows {
        self.over_connection(async |connection| connection.rows(query).await).await
    }

    /// Does something over a connection, which on PostgreSQL, where a new one takes milliseconds, is kept for the next time.
    /// A SQLite file is let go of: its last connection tidies up.
    async fn over_connection<T>(&self, work: impl AsyncFnOnce(&mut Connection) -> T) -> T {
        let Place::Postgres(_, kept) = &*self.0 else {
            let mut connection = self.connect().await;
            let outcome = work(&mut connection).await;
            connection.close().await;
            return outcome;
        };
        let mut kept = kept.lock().await;
        if let Some(connection) = &mut *kept
            && connection.attempt("").await.is_err()
        {
            // A test may have cut it.
            *kept = None;
        }
        if kept.is_none() {
            *kept = Some(self.connect().await);
        }
        work(kept.as_mut().expect("a connection")).await
    }

    /// The one value of a query that has one row with one column.
    pub async fn value(&self, query: &str) -> Option<String> {
        let mut rows = self.rows(query).await;
        assert!(rows.len() == 1 && rows[0].len() == 1, "not one value: {rows:?}");
        rows.remove(0).remove(0)
    }

    /// Everything the schema consists of, one line per column, constraint, index and type: equal before and after means
    /// that no DDL was executed.
    pub async fn schema(&self) -> String {
        let query = match &*self.0 {
            Place::Sqlite(_) => "select type, name, sql from sqlite_schema order by 1, 2",
            Place::Postgres(..) => POSTGRES_SCHEMA,
        };
        let rows = self.rows(query).await;
        rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ") + "\n").collect()
    }

    /// The name by which statements call a table of Partbook's own.
    pub fn own(&self, name: &str) -> String {
        own(matches!(*self.0, Place::Sqlite(_)), name)
    }

    /// The URL of a role that may read and write the rows of this PostgreSQL database and create nothing in it.
    pub async fn restricted_url(&self) -> String {
        let Place::Postgres(url, _) = &*self.0 else {
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
             grant usage on all sequences in schema public to {role};
             do $$ begin
                 grant usage on schema partbook to {role};
                 grant select on all tables in schema partbook to {role};
             exception when invalid_schema_name then null; end $$;
             do $$ begin
                 grant insert, delete on partbook.idempotency_key to {role};
             exception when invalid_schema_name or undefined_table then null; end $$;"
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
        let Place::Postgres(url, _) = self else { return };
        let name = &url.path()[1..];
        desk::drop_later(name, format!("drop role if exists {}", restricted_role(name)));
    }
}

fn restricted_role(database: &str) -> String {
    format!("{database}_restricted")
}

const POSTGRES_SCHEMA: &str = "
    select 'column', c.oid::regclass::text, c.relkind::text, a.attname::text, format_type(a.atttypid, a.atttypmod),
        a.attnotnull::text, pg_get_expr(d.adbin, d.adrelid)
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
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
