//! Which migrations a database has, and which it lacks.

use partbook_database::catalogue::Catalogue;
use partbook_database::{Dialect, Pool, StartError};

use crate::detect::{CATALOG, Found, detect};
use crate::embedded::{embedded, embedded_for};
use crate::history::History;
use crate::script::{Direction, Script};

/// A migration, and whether a database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number.
    pub version: i64,
    /// What it is about.
    pub name: String,
    /// When it was applied, RFC 3339, UTC; `None` when it was not.
    pub applied_at: Option<String>,
}

/// Every known migration, with what the database says of it.
pub(crate) fn migrations(history: &History) -> Vec<Migration> {
    let at = |version| history.applied.iter().find(|applied| applied.version == version).map(|it| it.at.clone());
    let migration =
        |(version, name): (i64, &String)| Migration { version, name: name.clone(), applied_at: at(version) };
    history.known.iter().map(|known| migration((known.version, &known.name))).collect()
}

/// Every migration this program knows, with what the database says of it. Changes nothing.
///
/// # Errors
/// The database belongs to another program, is newer than this program, or is legacy.
pub async fn status(pool: &Pool) -> Result<Vec<Migration>, StartError> {
    match detect(pool).await? {
        Found::Empty => Ok(migrations(&History::empty(pool))),
        Found::Ours(history) => Ok(migrations(&history)),
        Found::Legacy => Err(legacy()),
    }
}

/// The scripts of the migrations that a database lacks, up to a version or all of them. Changes nothing.
///
/// # Errors
/// As [`status`].
pub async fn plan_up(pool: &Pool, last: Option<i64>) -> Result<Vec<Script>, StartError> {
    let status = status(pool).await?;
    let is_pending = |version| status.iter().any(|known| known.version == version && known.applied_at.is_none());
    let is_wanted = |version| last.is_none_or(|last| version <= last);
    let files = embedded(pool).iter().filter(|file| is_pending(file.version) && is_wanted(file.version));
    files.map(|file| file.script(Direction::Up)).collect::<Result<_, _>>().map_err(StartError::Unfit)
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

/// Whether there is anything to lose: a row in a table of the catalog.
///
/// # Errors
/// The database does not answer.
pub async fn has_rows(pool: &Pool) -> Result<bool, StartError> {
    let catalogue = Catalogue::read(pool).await?;
    let tables = CATALOG.iter().filter(|name| catalogue.has_readable(name));
    let exists: Vec<String> = tables.map(|name| format!("exists (select 1 from {name})")).collect();
    if exists.is_empty() {
        return Ok(false);
    }
    let rows = pool.text_rows(&format!("select case when {} then 'rows' end", exists.join(" or "))).await?;
    Ok(rows.first().is_some_and(|row| row.first().is_some_and(Option::is_some)))
}

/// Why a legacy database is left alone.
pub(crate) fn legacy() -> StartError {
    StartError::Unfit(
        "this is a legacy catalog: `partbook serve` serves it as it is, and no migration is ever applied to it. Adopting \
         it, so that Partbook's migrations apply, is not part of this tool yet"
            .to_owned(),
    )
}
