//! Which migrations a database has, and which it lacks.

use partbook_database::catalogue::Catalogue;
use partbook_database::{Dialect, Pool, StartError};

use crate::detect::{CATALOG, Found, detect};
use crate::embedded::{Embedded, Known, embedded, embedded_for};
use crate::history::{Applied, Failed, History};
use crate::script::{Direction, Script};

/// A migration, and what a database says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number.
    pub version: i64,
    /// What it is about.
    pub name: String,
    /// Whether the database has it.
    pub state: State,
}

/// Whether a database has a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It has.
    Applied {
        /// When, RFC 3339, UTC.
        at: String,
        /// How long it took, where that was entered.
        milliseconds: Option<i64>,
        /// The version of Partbook that applied it; empty where that was not entered.
        tool: String,
        /// SHA-384 of its text, hexadecimal.
        checksum: String,
    },
    /// It has not.
    Pending,
    /// It was tried, and nothing of it remains.
    Failed {
        /// When, RFC 3339, UTC.
        at: String,
        /// What the database said.
        error: String,
    },
}

/// Every known migration, with what the database says of it.
fn migrations(history: &History) -> Vec<Migration> {
    let state = |version| {
        let applied = history.applied.iter().find(|applied| applied.version == version);
        let failed = history.failed.as_ref().filter(|failed| failed.version == version);
        match (applied, failed) {
            (Some(Applied { at, milliseconds, tool, checksum, .. }), _) => State::Applied {
                at: at.clone(),
                milliseconds: *milliseconds,
                tool: tool.clone(),
                checksum: checksum.clone(),
            },
            (None, Some(Failed { at, error, .. })) => State::Failed { at: at.clone(), error: error.clone() },
            (None, None) => State::Pending,
        }
    };
    let migration =
        |known: &Known| Migration { version: known.version, name: known.name.clone(), state: state(known.version) };
    history.known.iter().map(migration).collect()
}

/// Every migration this program knows, with what the database says of it. Changes nothing.
///
/// # Errors
/// The database belongs to another program, is newer than this program, or is legacy.
pub async fn status(pool: &Pool) -> Result<Vec<Migration>, StartError> {
    Ok(migrations(&own_history(pool).await?))
}

/// The scripts of the migrations that a database lacks, up to a version or all of them. Changes nothing.
///
/// # Errors
/// As [`status`].
pub async fn plan_up(pool: &Pool, last: Option<i64>) -> Result<Vec<Script>, StartError> {
    let history = own_history(pool).await?;
    let files = embedded(pool);
    check_version(files.iter().map(|file| file.version), last.unwrap_or_default())?;
    pending_scripts(files, &history, last)
}

/// The scripts of the migrations that a history lacks, up to a version or all of them.
pub(crate) fn pending_scripts(
    files: &[Embedded],
    history: &History,
    last: Option<i64>,
) -> Result<Vec<Script>, StartError> {
    let is_pending = |file: &&Embedded| !history.has(file.version) && last.is_none_or(|last| file.version <= last);
    let scripts = files.iter().filter(is_pending).map(|file| file.script(Direction::Up));
    scripts.collect::<Result<_, _>>().map_err(StartError::Unfit)
}

/// The scripts that lead from one version to another, which is known without a database.
///
/// # Errors
/// A version that there is none of; or a migration on the way cannot be taken back.
pub fn scripts_between(dialect: Dialect, from: i64, to: i64) -> Result<Vec<Script>, StartError> {
    let files = embedded_for(dialect);
    for version in [from, to] {
        check_version(files.iter().map(|file| file.version), version)?;
    }
    let is_between = |version| version > from.min(to) && version <= from.max(to);
    let files = files.iter().filter(|file| is_between(file.version));
    let scripts = if from <= to {
        files.map(|file| file.script(Direction::Up)).collect::<Result<Vec<_>, _>>()
    } else {
        files.rev().map(|file| file.script(Direction::Down)).collect()
    };
    scripts.map_err(StartError::Unfit)
}

/// Passes 0, which stands for nothing applied, and the versions of migrations.
pub(crate) fn check_version(known: impl Iterator<Item = i64> + Clone, version: i64) -> Result<(), StartError> {
    if version == 0 || known.clone().any(|known| known == version) {
        return Ok(());
    }
    let newest = known.last().unwrap_or_default();
    Err(StartError::Unfit(format!(
        "there is no migration {version}; known are 1 to {newest}, and 0 is the empty database"
    )))
}

/// Whether there is anything to lose: a row in a table of the catalog, or a custom field.
///
/// # Errors
/// The database does not answer.
pub async fn has_rows(pool: &Pool) -> Result<bool, StartError> {
    let catalogue = Catalogue::read(pool).await?;
    let tables = CATALOG.iter().chain(&["custom_field_definition"]).filter(|name| catalogue.has_readable(name));
    let exists: Vec<String> = tables.map(|name| format!("exists (select 1 from {name})")).collect();
    if exists.is_empty() {
        return Ok(false);
    }
    let rows = pool.text_rows(&format!("select case when {} then 'rows' end", exists.join(" or "))).await?;
    Ok(rows.first().is_some_and(|row| row.first().is_some_and(Option::is_some)))
}

/// The history of a database that may be migrated; an empty one has none.
///
/// # Errors
/// The database belongs to another program, is newer than this program, or is legacy.
pub(crate) async fn own_history(pool: &Pool) -> Result<History, StartError> {
    match detect(pool).await? {
        Found::Empty => Ok(History::empty(pool)),
        Found::Ours(history) => Ok(history),
        Found::Legacy => Err(legacy()),
    }
}

/// Why a legacy database is left alone.
pub(crate) fn legacy() -> StartError {
    StartError::Unfit(
        "this is a legacy catalog: `partbook serve` serves it as it is, and no migration is ever applied to it. Adopting \
         it, so that Partbook's migrations apply, is not part of this tool yet"
            .to_owned(),
    )
}
