//! What is there: the tables, columns and foreign keys of a database, and how it encodes text, read from its own catalogues.

mod definitions;
mod encoding;
mod foreign_keys;
mod tables;

pub use definitions::{Definition, DefinitionKind, read_definitions};
pub use encoding::Encoding;
pub use foreign_keys::ForeignKey;
pub use tables::Table;

use crate::error::Error;
use crate::pool::Pool;

/// What a database held when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// The tables that an unqualified name finds, in the order of their names.
    pub tables: Vec<Table>,
    /// The foreign keys of all tables, of any schema, that point at one of those.
    pub foreign_keys: Vec<ForeignKey>,
    /// How text is encoded.
    pub encoding: Encoding,
}

impl Catalogue {
    /// Reads it.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn read(pool: &Pool) -> Result<Self, Error> {
        Ok(Self {
            tables: tables::read(pool).await?,
            foreign_keys: foreign_keys::read(pool).await?,
            encoding: encoding::read(pool).await?,
        })
    }

    /// The table of a name, when there is one.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Whether a table has a column of this name.
    #[must_use]
    pub fn has_column(&self, table: &str, column: &str) -> bool {
        self.table(table).is_some_and(|table| table.columns.iter().any(|known| known == column))
    }

    /// Whether an unqualified name finds a table that the service may read.
    #[must_use]
    pub fn has_readable(&self, name: &str) -> bool {
        self.table(name).is_some_and(|table| table.readable)
    }

    /// The foreign keys that point at one of `targets`, but for those of the tables `ours`, whatever their delete rule.
    pub fn foreign_keys_of_others(&self, targets: &[&str], ours: &[&str]) -> impl Iterator<Item = &ForeignKey> {
        let is_ours = |key: &ForeignKey| key.visible_name.as_deref().is_some_and(|name| ours.contains(&name));
        self.foreign_keys.iter().filter(move |key| targets.contains(&key.target.as_str()) && !is_ours(key))
    }
}
