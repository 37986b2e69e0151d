//! Whose database it is, by its tables and its history (contract section 9). Nothing is changed.

use partbook_database::catalogue::{Catalogue, Table};
use partbook_database::{Dialect, Pool, StartError};

use crate::history::{self, FORMER_HISTORY, History};
use crate::own::Own;

/// The tables that make a catalog (contract section 10).
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
    /// No tables.
    Empty,
    /// Our history.
    Ours(History),
    /// The catalog's tables, in PostgreSQL, without our history.
    Legacy,
}

/// Decides whose database it is.
pub(crate) async fn detect(pool: &Pool) -> Result<Found, StartError> {
    detect_among(pool, &Catalogue::read_tables(pool).await?).await
}

pub(crate) async fn detect_among(pool: &Pool, tables: &[Table]) -> Result<Found, StartError> {
    let own = Own::of(pool).await?;
    let is_former = |table: &Table| table.name == FORMER_HISTORY;
    let (of_others, has_former): (Vec<Table>, bool) = (
        tables.iter().filter(|table| !is_former(table) && !own.is_ours(&table.name)).cloned().collect(),
        tables.iter().any(is_former),
    );
    let (history, table) = if own.has(pool, "migration").await? {
        (history::read(pool, &own).await?, own.table("migration"))
    } else if has_former {
        (history::read_former(pool).await?, FORMER_HISTORY.to_owned())
    } else {
        return decide(&of_others, Dialect::of(pool));
    };
    match history {
        // Made by hand, by an attempt of another tool, or everything was taken back: the history is empty.
        History { ref applied, failed: None, .. } if applied.is_empty() && of_others.is_empty() => Ok(Found::Empty),
        // The first migration failed.
        History { ref applied, failed: Some(_), .. } if applied.is_empty() && of_others.is_empty() => {
            Ok(Found::Ours(history))
        }
        history if history.is_ours() => history.check().map(Found::Ours).map_err(StartError::Unfit),
        _ => Err(StartError::Unfit(format!(
            "the database belongs to another program: the migrations in its table {table} are not Partbook's. \
             Give Partbook a database, or a schema on the search path, of its own"
        ))),
    }
}

/// Decides by the tables of a database without a history.
pub(crate) fn decide(tables: &[Table], dialect: Dialect) -> Result<Found, StartError> {
    if tables.is_empty() {
        return Ok(Found::Empty);
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
