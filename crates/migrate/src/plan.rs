//! Which migrations a database has, and which it lacks.

use partbook_database::{Pool, StartError};

use crate::detect::{Found, detect};
use crate::history::History;

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

/// Why a legacy database is left alone.
pub(crate) fn legacy() -> StartError {
    StartError::Unfit(
        "this is a legacy catalog: `partbook serve` serves it as it is, and no migration is ever applied to it. Adopting \
         it, so that Partbook's migrations apply, is not part of this tool yet"
            .to_owned(),
    )
}
