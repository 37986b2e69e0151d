//! One moment of a database, for reading.

use std::collections::BTreeSet;

use partbook_database::catalogue::{Catalogue, ForeignKey, Table};
use partbook_database::{Connection, DatabaseUrl, Dialect, OwnTables, Pool, PoolSettings, TextDialect, TextRow};
use partbook_domain::entity::custom_field::CUSTOM_FIELD;
use partbook_domain::{Entity, registry};
use partbook_migrate::{FORMER_OWN_TABLES, Migrator};

use crate::error::CheckError;
use crate::sql::bare;

/// One moment of a database, and what its catalogue says.
pub(crate) struct Snapshot {
    pub(crate) connection: Connection,
    pub(crate) catalogue: Catalogue,
    pub(crate) text: TextDialect,
    /// The newest migration; none for a database that has no history of ours.
    pub(crate) schema_version: Option<i64>,
    /// What could not be looked at, and why.
    pub(crate) unseen: BTreeSet<String>,
}

/// Every entity that a database may have the table of.
pub(crate) fn entities() -> impl Iterator<Item = &'static Entity> {
    registry().iter().copied().chain([&CUSTOM_FIELD])
}

impl Snapshot {
    /// Opens a database, and begins to read.
    ///
    /// # Errors
    /// It cannot be opened, has no catalog, or hides rows of it from the role.
    pub(crate) async fn open(url: &DatabaseUrl, settings: &PoolSettings) -> Result<Self, CheckError> {
        // A connection would create the file.
        if url.file().is_some_and(|file| !file.exists()) {
            return Err(CheckError(format!("{url} does not exist")));
        }
        let pool = Pool::connect(url, settings).await?;
        let opened = Self::begin(&pool).await;
        pool.close().await;
        opened
    }

    async fn begin(pool: &Pool) -> Result<Self, CheckError> {
        let own = OwnTables::of(pool).await?;
        let mut catalogue = Catalogue::read(pool, &own).await?;
        let schema_version = async { Migrator::new(pool).await.ok()?.status().await.ok().map(|status| status.version) };
        let schema_version = schema_version.await;
        let known: Vec<String> = catalogue.tables.iter().map(|table| table.name.clone()).collect();
        // What is ours and no part of the catalog comes and goes with every request and every migration.
        catalogue.tables.retain(|table| !own.is_ours(&table.name) && !FORMER_OWN_TABLES.contains(&table.name.as_str()));
        let mut unseen = BTreeSet::new();
        catalogue.tables.retain(|table| match hidden(table) {
            Some(reason) if entities().all(|entity| entity.name != table.name) => {
                unseen.insert(format!("{}: {reason}", table.name));
                false
            }
            _ => true,
        });
        let ours: Vec<&Table> = entities().filter_map(|entity| catalogue.table(entity.name)).collect();
        if ours.is_empty() {
            return Err(CheckError("the database has no catalog: none of its tables is there".to_owned()));
        }
        // What points at a row that is not shown would be taken for an orphan.
        if let Some((table, reason)) = ours.iter().find_map(|table| Some((table, hidden(table)?))) {
            return Err(CheckError(format!("{} cannot be read: {reason}", table.name)));
        }
        let dialect = Dialect::of(pool);
        let unread = catalogue.foreign_keys.iter().filter(|key| !key.readable);
        unseen.extend(unread.map(|key| format!("{}: the role may not read it", key.name)));
        let is_there = |key: &ForeignKey, name: &String| match dialect {
            Dialect::Postgres => *name == key.target,
            // Names are alike there in any letter case.
            Dialect::Sqlite => name.eq_ignore_ascii_case(&key.target),
        };
        // A foreign key of SQLite's may point at a view, or at a column that is not there: it guards nothing, and nothing can be
        // said of it.
        let views = match dialect {
            Dialect::Sqlite => pool.text_rows("select name from sqlite_schema where type = 'view'").await?,
            Dialect::Postgres => Vec::new(),
        };
        let views: Vec<String> = views.into_iter().flatten().flatten().collect();
        let has_columns = |key: &ForeignKey, table: &Table| {
            let is_there = |wanted: &String| {
                let wanted = bare(wanted);
                table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&wanted))
            };
            key.target_columns.iter().all(is_there)
        };
        let Catalogue { tables, foreign_keys, .. } = &mut catalogue;
        foreign_keys.retain_mut(|key| match tables.iter().find(|table| is_there(key, &table.name)) {
            Some(table) if has_columns(key, table) => {
                key.target.clone_from(&table.name);
                key.readable
            }
            Some(_) => {
                unseen.insert(format!("{}: it points at a column that {} does not have", key.name, key.target));
                false
            }
            None if views.iter().any(|name| is_there(key, name)) => {
                unseen.insert(format!("{}: it points at {}, which is a view", key.name, key.target));
                false
            }
            // SQLite lets a foreign key point at a table that is not there.
            None => dialect == Dialect::Sqlite && !known.iter().any(|name| is_there(key, name)),
        });
        let mut connection = pool.connection().await?;
        connection
            .execute(match dialect {
                Dialect::Postgres => {
                    "begin isolation level repeatable read read only; set local statement_timeout = 0; \
                     set local idle_in_transaction_session_timeout = 0; set local standard_conforming_strings = on"
                }
                Dialect::Sqlite => "pragma query_only = on; begin",
            })
            .await?;
        let text = TextDialect::new(dialect, catalogue.encoding);
        Ok(Self { connection, catalogue, text, schema_version, unseen })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.text.dialect()
    }

    /// Whether a table has all of these columns.
    pub(crate) fn has(&self, table: &str, columns: &[&str]) -> bool {
        columns.iter().all(|column| self.catalogue.has_column(table, column))
    }

    /// The rows of a query about something.
    pub(crate) async fn rows(&mut self, about: &str, query: &str) -> Result<Vec<TextRow>, CheckError> {
        self.connection.text_rows(query).await.map_err(|error| CheckError::at(about, &error))
    }
}

/// Why the rows of a table are not all to be seen.
fn hidden(table: &Table) -> Option<&'static str> {
    if !table.readable {
        return Some("the role may not read it");
    }
    table.hides_rows.then_some("row level security hides rows from the role")
}
