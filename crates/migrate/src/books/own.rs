//! Where Partbook keeps what is its own and no part of the catalog: on PostgreSQL in a schema of its own, so that the tools of
//! other programs see nothing strange among the tables of the catalog; on SQLite in tables whose names begin with `partbook_`.

use partbook_database::{AnyPool, Dialect, Pool, StartError};

/// What the names of our own tables begin with on SQLite.
const PREFIX: &str = "partbook_";

/// The table in which versions before kept the history; the name is sqlx's own.
pub(crate) const FORMER_HISTORY: &str = "_sqlx_migrations";

/// The names of our own tables in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    dialect: Dialect,
    /// The schema on PostgreSQL, quoted; empty on SQLite.
    schema: String,
}

/// The schema that belongs to the one of the catalog: several catalogs of one database do not share a history. A name has 63
/// bytes at most, and PostgreSQL cuts a longer one without a word: a long one is told by its hash.
const SCHEMA: &str = "
    select quote_ident(case
        when n.nspname = 'public' then 'partbook'
        when octet_length(n.nspname::text) <= 54 then n.nspname || '_partbook'
        else 'partbook_' || md5(n.nspname::text)
    end)
    from pg_namespace n
    where n.oid = coalesce(
        (select relnamespace from pg_class where oid = to_regclass('cpu')),
        (select oid from pg_namespace where nspname = current_schema()))";

impl Own {
    /// Finds out what they are called.
    pub(crate) async fn of(pool: &Pool) -> Result<Self, StartError> {
        let dialect = Dialect::of(pool);
        let schema = match pool.any() {
            AnyPool::Postgres(_) => {
                let rows = pool.text_rows(SCHEMA).await?;
                rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).unwrap_or_default()
            }
            AnyPool::Sqlite(_) => String::new(),
        };
        Ok(Self { dialect, schema })
    }

    /// A table of ours, as statements name it.
    pub(crate) fn table(&self, name: &str) -> String {
        match self.dialect {
            Dialect::Postgres => format!("{}.{name}", self.schema),
            Dialect::Sqlite => format!("{PREFIX}{name}"),
        }
    }

    /// Whether a name that an unqualified statement finds is one of ours.
    pub(crate) fn is_ours(&self, name: &str) -> bool {
        self.dialect == Dialect::Sqlite && name.starts_with(PREFIX)
    }

    /// Whether a table of ours is there, and whether it may be read.
    pub(crate) async fn has(&self, pool: &Pool, name: &str) -> Result<bool, StartError> {
        let table = self.table(name);
        let query = match self.dialect {
            // Of a schema that the role may not use it is not told whether a table is there.
            Dialect::Postgres => format!(
                "select 'yes' from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 where quote_ident(n.nspname) = '{}' and c.relname = '{name}'",
                self.schema.replace('\'', "''")
            ),
            Dialect::Sqlite => format!("select 'yes' from sqlite_schema where type = 'table' and name = '{table}'"),
        };
        Ok(!pool.text_rows(&query).await?.is_empty())
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The statement that takes everything of ours away.
    pub(crate) fn drop_all(&self) -> String {
        match self.dialect {
            Dialect::Postgres => format!("drop schema {} cascade;", self.schema),
            Dialect::Sqlite => {
                format!("drop table {}; drop table {};", self.table("migration_run"), self.table("migration"))
            }
        }
    }

    /// The statement that makes the schema; none on SQLite.
    pub(super) fn create_schema(&self) -> Option<String> {
        (self.dialect == Dialect::Postgres).then(|| format!("create schema if not exists {};", self.schema))
    }
}
