//! Drift: in what the schema that is there differs from the one that the applied migrations produce.

pub(crate) mod expected;
mod heal;
#[cfg(test)]
mod tests;

use std::fmt;

use partbook_database::catalogue::{Definition, DefinitionKind, read_definitions};
use partbook_database::{Dialect, Pool, StartError};

pub use expected::effect;

use crate::detect::{Found, detect};
use crate::embedded::embedded;
use crate::history::FORMER_HISTORY;
use crate::own::Own;
use crate::plan::legacy;

/// How a schema differs from the expected one.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// The differences, in the order in which they can be healed.
    pub differences: Vec<Difference>,
    /// The statements that would make the schema the expected one. What destroys data, or takes more than a statement, is a
    /// comment.
    pub healing: Vec<String>,
}

/// A piece of the schema that is not as the migrations left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// As the migrations left it; none for what they do not make.
    pub expected: Option<Definition>,
    /// As it is; none for what is gone.
    pub found: Option<Definition>,
}

/// Compares the schema of a database of ours with what its applied migrations produce. Changes nothing.
///
/// # Errors
/// The database belongs to another program, is newer than this program, or is legacy.
pub async fn drift(pool: &Pool) -> Result<Drift, StartError> {
    let applied = match detect(pool).await? {
        Found::Empty => return Ok(Drift::default()),
        Found::Ours(history) => history.applied,
        Found::Legacy => return Err(legacy()),
    };
    let schemas = embedded(pool).iter().filter(|file| applied.iter().any(|applied| applied.version == file.version));
    let expected = expected::expected(schemas.map(|file| file.schema)).map_err(StartError::Unfit)?;
    let mut found = read_definitions(pool).await?;
    let own = Own::of(pool).await?;
    found.retain(|definition| definition.table != FORMER_HISTORY && !own.is_ours(&definition.table));
    Ok(compare(Dialect::of(pool), &expected, &found))
}

fn compare(dialect: Dialect, expected: &[Definition], found: &[Definition]) -> Drift {
    let counterpart = |among: &[Definition], of: &Definition| among.iter().find(|other| other.is_about(of)).cloned();
    let mut differences: Vec<Difference> = Vec::new();
    for definition in expected {
        let found = counterpart(found, definition);
        if found.as_ref() != Some(definition) {
            differences.push(Difference { expected: Some(definition.clone()), found });
        }
    }
    // What was made last goes first.
    for definition in found.iter().rev().filter(|definition| counterpart(expected, definition).is_none()) {
        differences.push(Difference { expected: None, found: Some(definition.clone()) });
    }
    let healing = heal::heal(dialect, &differences, expected);
    Drift { differences, healing }
}

impl Drift {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// The differences without those of tables that are missing, or unknown, as a whole.
    pub fn told(&self) -> impl Iterator<Item = &Difference> {
        let is_whole = |difference: &Difference| difference.is_table() && difference.is_one_sided();
        self.differences.iter().filter(move |difference| {
            difference.is_table()
                || !self.differences.iter().any(|other| is_whole(other) && other.table() == difference.table())
        })
    }
}

impl Difference {
    fn either(&self) -> Option<&Definition> {
        self.expected.as_ref().or(self.found.as_ref())
    }

    fn table(&self) -> Option<&str> {
        self.either().map(|definition| definition.table.as_str())
    }

    fn is_table(&self) -> bool {
        self.either().is_some_and(|definition| definition.kind == DefinitionKind::Table)
    }

    fn is_one_sided(&self) -> bool {
        self.expected.is_none() || self.found.is_none()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.expected, &self.found) {
            (Some(expected), None) => write!(f, "missing  {expected}"),
            (None, Some(found)) => write!(f, "unknown  {found}"),
            (Some(expected), Some(found)) => {
                write!(f, "differs  {}: `{}` is expected, found is `{}`", expected.subject(), expected.text, found.text)
            }
            (None, None) => Ok(()),
        }
    }
}
