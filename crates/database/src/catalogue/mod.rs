//! What is there: the tables, columns, unique keys and foreign keys of a database, and how it encodes text, read from its own
//! catalogues.

mod definitions;
mod encoding;
mod enums;
mod foreign_keys;
mod requirement;
mod tables;
mod trigram_indexes;
mod unique_keys;

pub use definitions::{Definition, DefinitionKind, read_definitions};
pub use encoding::Encoding;
pub use foreign_keys::ForeignKey;
pub use requirement::{RequiredColumn, RequiredTable};
pub use tables::{Column, Table, TypeName};
pub use unique_keys::UniqueKey;

use std::collections::BTreeMap;

use crate::error::Error;
use crate::own::OwnTables;
use crate::pool::Pool;

/// What a database held when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// The tables that an unqualified name finds, in the order of their names; and our own, under the names by which
    /// statements call them ([`OwnTables::table`]).
    pub tables: Vec<Table>,
    /// The unique keys of those that an unqualified name finds.
    pub unique_keys: Vec<UniqueKey>,
    /// The foreign keys of all tables, of any schema, that point at one of those.
    pub foreign_keys: Vec<ForeignKey>,
    /// The words of each enum type.
    pub enums: BTreeMap<String, Vec<String>>,
    /// The tables whose folded text has a trigram index.
    pub trigram_indexes: Vec<String>,
    /// How text is encoded.
    pub encoding: Encoding,
}

impl Catalogue {
    /// Reads it.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn read(pool: &Pool, own: &OwnTables) -> Result<Self, Error> {
        Self::read_keys(pool, own, Self::read_tables(pool, own).await?).await
    }

    /// Reads the tables alone, by which it is known whose database it is.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn read_tables(pool: &Pool, own: &OwnTables) -> Result<Vec<Table>, Error> {
        tables::read(pool, own).await
    }

    /// Reads what belongs to tables that were read.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn read_keys(pool: &Pool, own: &OwnTables, tables: Vec<Table>) -> Result<Self, Error> {
        Ok(Self {
            tables,
            unique_keys: unique_keys::read(pool).await?,
            foreign_keys: foreign_keys::read(pool).await?,
            enums: enums::read(pool).await?,
            trigram_indexes: trigram_indexes::read(pool, own).await?,
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
        self.table(table).is_some_and(|table| table.column(column).is_some())
    }

    /// Whether there is a table of a name that the service may read.
    #[must_use]
    pub fn has_readable(&self, name: &str) -> bool {
        self.table(name).is_some_and(|table| table.readable)
    }

    /// The keys by which no two rows of a table share these columns.
    pub fn unique_keys_of(&self, table: &str, columns: &[&str]) -> impl Iterator<Item = &UniqueKey> {
        self.unique_keys.iter().filter(move |key| key.is_of(table, columns))
    }

    /// The foreign keys that point at one of `targets`, but for those of the tables `ours`, whatever their delete rule.
    pub fn foreign_keys_of_others(&self, targets: &[&str], ours: &[&str]) -> impl Iterator<Item = &ForeignKey> {
        let is_ours = |key: &ForeignKey| key.visible_name.as_deref().is_some_and(|name| ours.contains(&name));
        self.foreign_keys.iter().filter(move |key| targets.contains(&key.target.as_str()) && !is_ours(key))
    }
}
