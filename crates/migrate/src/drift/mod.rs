//! Drift: in what the schema that is there differs from the one that the applied migrations produce.

pub(crate) mod expected;
mod heal;
#[cfg(test)]
mod tests;

use std::fmt;

use partbook_database::catalogue::{Definition, DefinitionKind, read_definitions};
use partbook_database::{Dialect, StartError};

pub use expected::effect;

use crate::books::{Entry, FORMER_HISTORY, Origin, State};
use crate::files::File;
use crate::migrator::Migrator;

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

impl Migrator {
    /// Compares the schema of a database of ours with what its applied migrations produce. Changes nothing.
    ///
    /// # Errors
    /// The database belongs to another program, or is legacy.
    pub async fn drift(&self) -> Result<Drift, StartError> {
        let history = self.history().await?;
        let effects = history.applied().map(|entry| self.effect(entry));
        let expected = expected::expected(effects).map_err(StartError::Unfit)?;
        if history.applied().next().is_none() {
            return Ok(Drift::default());
        }
        // Of one that was begun with outside a transaction, anything may be there or not.
        let begun = history.entries.iter().filter(|entry| entry.state == State::Begun).map(|entry| self.effect(entry));
        let begun = expected::expected(begun).map_err(StartError::Unfit)?;
        let is_settled = |definition: &Definition| !begun.iter().any(|piece| piece.is_about(definition));
        let expected: Vec<Definition> = expected.into_iter().filter(is_settled).collect();
        let found: Vec<Definition> = self.definitions().await?.into_iter().filter(is_settled).collect();
        Ok(compare(Dialect::of(&self.pool), &expected, &found))
    }

    /// What an applied migration changed of the schema. What this program records of it goes before what was entered when it
    /// was applied, since a later version may say it in other words; but for what was there before us, which only the books
    /// know, and for what this program does not know, or knows in another form.
    pub(crate) fn effect<'a>(&'a self, entry: &'a Entry) -> &'a str {
        let known = self.migrations.get(entry.version).filter(|file| file.checksum == entry.checksum);
        // Nor of one whose effect is in the words of the database.
        let is_told = |file: &&File| entry.origin != Origin::Adopted && file.directives.effect_varies.is_none();
        let recorded = known.filter(is_told).map(|file| file.effect.as_ref());
        recorded.or(entry.effect.as_deref()).or(known.map(|file| file.effect.as_ref())).unwrap_or_default()
    }

    /// The schema that is there, without our own tables.
    pub(crate) async fn definitions(&self) -> Result<Vec<Definition>, StartError> {
        let mut found = read_definitions(&self.pool, self.own()).await?;
        found.retain(|definition| definition.table != FORMER_HISTORY && !self.own().is_ours(&definition.table));
        Ok(found)
    }
}

pub(crate) fn compare(dialect: Dialect, expected: &[Definition], found: &[Definition]) -> Drift {
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
