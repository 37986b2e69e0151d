//! What the database holds when the service starts, and whether that can be served (contract section 9).
//!
//! [`catalogue`] asks the database; what is made of the answers is decided here, without a database. Nothing is changed
//! before the database is known to be ours or empty.

mod catalogue;
mod references;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::migrations::{self, HISTORY, History};
use crate::pool::{Pool, reason};
use catalogue::Table;

pub(crate) use catalogue::{has_table, text_rows};
pub(crate) use references::{ForeignReference, foreign_references};

/// The tables that make a catalog (contract section 10).
const CATALOG: [&str; 10] = [
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

/// How many names of a stranger's tables a refusal lists.
const NAMED: usize = 8;

/// Whose schema the database has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaKind {
    /// Ours: made and kept up to date by our migrations.
    Ours,
    /// The legacy service's, on PostgreSQL: served as it is, never migrated.
    Legacy,
}

/// Why the service cannot start on this database. Every message is one line and holds no password.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no connection to be had.
    #[error("cannot open {database}: {reason}")]
    Connect {
        /// The database, without its password.
        database: String,
        /// What happened, and what to do where that is known.
        reason: String,
    },
    /// The database is not one that can be served. The text says what was found and what to do.
    #[error("{0}")]
    Unfit(String),
    /// A migration failed. Nothing of it, nor of those before it in the same run, remains.
    #[error("the database could not be brought up to date: {0}")]
    Migration(String),
    /// The database went away, or gave an answer that makes no sense.
    #[error("the database failed at start: {}", reason(.0))]
    Database(#[from] sqlx::Error),
}

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

/// Makes a database ready to serve: sets up an empty one, brings ours up to date, leaves a legacy one as it is.
/// `needed` is every table and column that the statements name.
///
/// # Errors
/// [`StartError::Unfit`] for a database of somebody else's, one that is newer than this program, and one that lacks what
/// is needed, naming all of it.
pub async fn prepare(pool: &Pool, needed: &[(&'static str, Vec<&'static str>)]) -> Result<SchemaKind, StartError> {
    let tables = catalogue::tables(pool).await?;
    let mode = match detect_among(pool, &tables).await? {
        Found::Legacy => SchemaKind::Legacy,
        Found::Empty | Found::Ours(_) => {
            for migration in migrations::bring_up_to_date(pool).await? {
                tracing::info!(version = migration.version, name = %migration.name, "migration applied");
            }
            SchemaKind::Ours
        }
    };
    let tables = if mode == SchemaKind::Legacy { tables } else { catalogue::tables(pool).await? };
    match lacking(&tables, needed) {
        None => Ok(mode),
        Some(lacking) if mode == SchemaKind::Legacy => Err(StartError::Unfit(format!(
            "the database looks like the legacy catalog, but {lacking}. It can be served from revision 0026 on"
        ))),
        Some(lacking) => Err(StartError::Unfit(format!(
            "the database has all of Partbook's migrations, but {lacking}. Something else has changed it: restore a backup"
        ))),
    }
}

/// Decides whose database it is.
pub(crate) async fn detect(pool: &Pool) -> Result<Found, StartError> {
    detect_among(pool, &catalogue::tables(pool).await?).await
}

async fn detect_among(pool: &Pool, tables: &[Table]) -> Result<Found, StartError> {
    if tables.iter().any(|table| table.name == HISTORY) {
        let history = migrations::history(pool).await?;
        let others = tables.iter().any(|table| table.name != HISTORY);
        return match history {
            // Set up by hand, or by an attempt of another tool: there is nothing in it yet.
            History { ref applied, .. } if applied.is_empty() && !others => Ok(Found::Empty),
            history if history.is_ours() => history.check().map(Found::Ours).map_err(StartError::Unfit),
            _ => Err(StartError::Unfit(format!(
                "the database belongs to another program: the migrations in its table {HISTORY} are not Partbook's. \
                 Give Partbook a database, or a schema on the search path, of its own"
            ))),
        };
    }
    decide(tables, matches!(pool, Pool::Postgres(..)))
}

/// Decides by the tables of a database without a history.
fn decide(tables: &[Table], is_postgres: bool) -> Result<Found, StartError> {
    if tables.is_empty() {
        return Ok(Found::Empty);
    }
    let has = |name: &str| tables.iter().any(|table| table.name == name);
    let of_catalog = CATALOG.iter().filter(|name| has(name)).count();
    let looks_legacy = of_catalog > CATALOG.len() / 2 || (of_catalog > 0 && has("alembic_version"));
    if is_postgres && looks_legacy {
        // What of it is missing is for the check of everything needed to say.
        return Ok(Found::Legacy);
    }
    if looks_legacy {
        return Err(StartError::Unfit(format!(
            "the file holds tables of a catalog, but not the history of Partbook's migrations ({HISTORY}), without which \
             only PostgreSQL is served. Restore a backup, or name another file"
        )));
    }
    let names = tables.iter().map(|table| table.name.as_str());
    let shown = names.take(NAMED).collect::<Vec<_>>().join(", ");
    let more = match tables.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(StartError::Unfit(format!(
        "the database is neither empty nor a catalog: it has the table(s) {shown}{more}. Nothing was changed. Give \
         Partbook a database of its own"
    )))
}

/// Everything needed that is not there or may not be read, as the rest of a sentence; `None` when nothing is missing.
fn lacking(tables: &[Table], needed: &[(&'static str, Vec<&'static str>)]) -> Option<String> {
    let table = |name: &str| tables.iter().find(|table| table.name == name);
    let wanted: BTreeSet<&str> = CATALOG.into_iter().chain(needed.iter().map(|(name, _)| *name)).collect();
    let mut missing_tables = Vec::new();
    let mut unreadable = Vec::new();
    for name in wanted {
        match table(name) {
            None => missing_tables.push(name.to_owned()),
            Some(table) if !table.readable => unreadable.push(name.to_owned()),
            Some(_) => {}
        }
    }
    let mut missing_columns = BTreeSet::new();
    for (name, columns) in needed {
        let Some(table) = table(name) else { continue };
        let missing = columns.iter().filter(|column| !table.columns.iter().any(|known| known == *column));
        missing_columns.extend(missing.map(|column| format!("{name}.{column}")));
    }
    let mut faults = Vec::new();
    for (what, names) in [
        ("it lacks the table(s)", missing_tables),
        ("it lacks the column(s)", missing_columns.into_iter().collect()),
        ("the role lacks the right to select from", unreadable),
    ] {
        if !names.is_empty() {
            faults.push(format!("{what} {}", names.join(", ")));
        }
    }
    (!faults.is_empty()).then(|| faults.join("; "))
}

/// How long the switch of a new SQLite file to its journal waits for another process that is starting on the same file.
const SWITCH_PATIENCE: Duration = Duration::from_secs(5);

/// Switches a SQLite file that is known to be ours to write-ahead logging, where readers and the writer do not wait for
/// each other. The file remembers it.
pub(crate) async fn use_write_ahead_log(pool: &Pool) -> Result<(), StartError> {
    let Pool::Sqlite(..) = pool else { return Ok(()) };
    let given_up = tokio::time::Instant::now() + SWITCH_PATIENCE;
    loop {
        match text_rows(pool, "pragma journal_mode = wal".to_owned()).await {
            Ok(rows) => {
                if rows.first().and_then(|row| row.first()?.as_deref()) != Some("wal") {
                    tracing::warn!("the file system does not let SQLite write ahead; readers will wait for writers");
                }
                return Ok(());
            }
            // SQLITE_BUSY: the busy timeout does not hold for this statement.
            Err(sqlx::Error::Database(error))
                if error.code().as_deref() == Some("5") && tokio::time::Instant::now() < given_up =>
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
