//! Whose database it is, by its tables and its history (contract section 9). Nothing is changed.

use partbook_database::catalogue::{Catalogue, Table};
use partbook_database::{Dialect, StartError};

use crate::books::{self, Books, FORMER_HISTORY, History};
use crate::migrator::Migrator;

/// The tables of a legacy catalog (contract section 10).
pub(crate) const CATALOG: [&str; 10] = [
    "cpu",
    "gpu",
    "profile",
    "ports_profile",
    "port",
    "ram_spec",
    "storage_profile",
    "listing",
    "listing_component",
    "listing_score_snapshot",
];

/// How many names of another program's tables a refusal lists.
const MAX_LISTED_TABLES: usize = 8;

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No tables but, maybe, our own, and a history in which nothing is applied.
    Empty(History),
    /// Our history.
    Ours(History),
    /// The catalog's tables, in PostgreSQL, without our history.
    Legacy,
}

impl Migrator {
    /// What a database of ours, or an empty one, says of its migrations.
    ///
    /// # Errors
    /// The database belongs to another program, or is legacy and has not been adopted.
    pub(crate) async fn history(&self) -> Result<History, StartError> {
        match detect(self).await? {
            Found::Empty(history) | Found::Ours(history) => Ok(history),
            Found::Legacy => Err(legacy()),
        }
    }

    /// The same of a database that these migrations can continue.
    ///
    /// # Errors
    /// As [`Self::history`]; and the database is newer than this program, or a migration has been edited.
    pub(crate) async fn sound_history(&self) -> Result<History, StartError> {
        let history = self.history().await?;
        history.check(&self.migrations).map_err(StartError::Unfit)?;
        Ok(history)
    }
}

/// Why a legacy database is left alone.
fn legacy() -> StartError {
    StartError::Unfit(
        "this is a legacy catalog: `partbook serve` serves it as it is, and no migration is applied to it unless it is \
         adopted: `partbook migrate adopt`"
            .to_owned(),
    )
}

/// Decides whose database it is.
pub(crate) async fn detect(migrator: &Migrator) -> Result<Found, StartError> {
    let tables = Catalogue::read_tables(&migrator.pool, migrator.own()).await?;
    detect_among(migrator, &tables).await
}

pub(crate) async fn detect_among(migrator: &Migrator, tables: &[Table]) -> Result<Found, StartError> {
    let Migrator { pool, books: Books { own }, migrations } = migrator;
    let is_former = |table: &Table| table.name == FORMER_HISTORY;
    let (of_others, has_former): (Vec<Table>, bool) = (
        tables.iter().filter(|table| !is_former(table) && !own.is_ours(&table.name)).cloned().collect(),
        tables.iter().any(is_former),
    );
    let (history, table) = if own.has(pool, "migration").await? {
        (books::read(pool, own).await?, own.table("migration"))
    } else if has_former {
        (books::read_former(pool).await?, FORMER_HISTORY.to_owned())
    } else {
        return decide(&of_others, Dialect::of(pool));
    };
    match history {
        // The first migration failed.
        history if history.applied().next().is_none() && history.failed().next().is_some() && of_others.is_empty() => {
            Ok(Found::Ours(history))
        }
        history if history.is_ours(migrations) => Ok(Found::Ours(history)),
        // Everything was taken back, or a runner came no further; or the table was made by hand.
        history if history.applied().next().is_none() => match decide(&of_others, Dialect::of(pool))? {
            Found::Empty(_) => Ok(Found::Empty(history)),
            found => Ok(found),
        },
        _ => Err(StartError::Unfit(format!(
            "the database belongs to another program: the migrations in its table {table} are not Partbook's. \
             Give Partbook a database, or a schema on the search path, of its own"
        ))),
    }
}

/// Decides by the tables of a database without a history.
pub(crate) fn decide(tables: &[Table], dialect: Dialect) -> Result<Found, StartError> {
    if tables.is_empty() {
        return Ok(Found::Empty(History::default()));
    }
    let has = |name: &str| tables.iter().any(|table| table.name == name);
    let of_catalog = CATALOG.iter().filter(|name| has(name)).count();
    let looks_legacy = of_catalog > CATALOG.len() / 2 || (of_catalog > 0 && has("alembic_version"));
    if dialect == Dialect::Postgres && looks_legacy {
        // What is missing of it is found by the check of the required columns.
        return Ok(Found::Legacy);
    }
    if looks_legacy {
        return Err(StartError::Unfit(
            "the file holds tables of a catalog, but not the history of Partbook's migrations (partbook_migration), without \
             which only PostgreSQL is served. Restore a backup, or name another file"
                .to_owned(),
        ));
    }
    let names = tables.iter().map(|table| table.name.as_str());
    let shown = names.take(MAX_LISTED_TABLES).collect::<Vec<_>>().join(", ");
    let more = match tables.len().saturating_sub(MAX_LISTED_TABLES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(StartError::Unfit(format!(
        "the database is neither empty nor a catalog: it has the table(s) {shown}{more}. Nothing was changed. Give \
         Partbook a database of its own"
    )))
}
