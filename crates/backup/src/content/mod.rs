//! What is in a database: how many rows each table has, and a hash over them by which two databases can be compared.
//!
//! The hash of a table is the sum of the SHA-256 of its rows, modulo 2^256, so that their order does not matter and no table is
//! sorted; reading is linear and holds one row at a time.

mod postgres;
mod sqlite;

use std::collections::BTreeMap;

use partbook_database::{Connection, Error, TextRow};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::kind::DatabaseKind;

/// What is in a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Each table, by its name; on PostgreSQL with its schema.
    pub tables: BTreeMap<String, TableContent>,
    /// SHA-256 of the definitions of everything, hexadecimal.
    pub schema_sha256: String,
}

/// What is in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableContent {
    /// How many rows.
    pub rows: u64,
    /// The sum of the SHA-256 of the rows, hexadecimal.
    pub sha256: String,
}

impl Content {
    /// How many rows all tables have.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.values().fold(0, |sum, table| sum.saturating_add(table.rows))
    }

    /// In what another content differs from this one, a line for each table.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        for (name, table) in &self.tables {
            match other.tables.get(name) {
                None => differences.push(format!("the table {name} is missing")),
                Some(found) if found.rows != table.rows => {
                    differences.push(format!("the table {name} has {} row(s) and not {}", found.rows, table.rows));
                }
                Some(found) if found != table => differences.push(format!("rows of the table {name} are not the same")),
                Some(_) => {}
            }
        }
        let unknown = other.tables.keys().filter(|name| !self.tables.contains_key(*name));
        differences.extend(unknown.map(|name| format!("there is a table {name} besides")));
        if self.schema_sha256 != other.schema_sha256 {
            differences.push("the definitions of the tables are not the same".to_owned());
        }
        differences
    }
}

/// Reads the rows of all tables and what there is besides, in the snapshot that the connection is in.
pub(crate) async fn read(connection: &mut Connection, kind: DatabaseKind) -> Result<Content, Error> {
    match kind {
        DatabaseKind::Sqlite => sqlite::read(connection).await,
        DatabaseKind::Postgres => postgres::read(connection).await,
    }
}

/// SHA-256 of a text, hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The rows of one table, added up.
#[derive(Default)]
struct Sum {
    rows: u64,
    sum: [u8; 32],
}

impl Sum {
    fn add(&mut self, row: &TextRow) {
        let mut hash = Sha256::new();
        for value in row {
            match value {
                // The length keeps apart what one column ends with from what the next begins with.
                Some(text) => {
                    hash.update((text.len() as u64 + 1).to_be_bytes());
                    hash.update(text.as_bytes());
                }
                None => hash.update(0_u64.to_be_bytes()),
            }
        }
        let mut carry = 0_u16;
        for (sum, byte) in self.sum.iter_mut().zip(hash.finalize()).rev() {
            let total = u16::from(*sum) + u16::from(byte) + carry;
            *sum = total.to_be_bytes()[1];
            carry = total >> 8;
        }
        self.rows += 1;
    }

    fn content(&self) -> TableContent {
        TableContent { rows: self.rows, sha256: hexadecimal(&self.sum) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(rows: &[&[Option<&str>]]) -> TableContent {
        let mut sum = Sum::default();
        for row in rows {
            sum.add(&row.iter().map(|value| value.map(str::to_owned)).collect());
        }
        sum.content()
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_everything_else_does() {
        let (one, other): (&[_], &[_]) = (&[Some("a"), Some("bc")], &[Some("ab"), Some("c")]);
        assert_eq!(sum(&[one, other]), sum(&[other, one]));
        for different in
            [&[one][..], &[one, one], &[other, other], &[one, &[Some("ab"), None]], &[one, &[Some("ab"), Some("")]]]
        {
            assert_ne!(sum(&[one, other]), sum(different), "{different:?}");
        }
        assert_eq!(sum(&[]).sha256, "0".repeat(64));
    }

    #[test]
    fn differences_are_told_by_table() {
        let table = |rows, sha256: &str| TableContent { rows, sha256: sha256.to_owned() };
        let of = |tables: &[(&str, TableContent)]| Content {
            tables: tables.iter().map(|(name, table)| ((*name).to_owned(), table.clone())).collect(),
            schema_sha256: String::new(),
        };
        let before = of(&[("cpu", table(2, "a")), ("gpu", table(1, "b")), ("port", table(3, "c"))]);
        assert_eq!(before.differences(&before), Vec::<String>::new());
        let after = of(&[("cpu", table(1, "a")), ("gpu", table(1, "x")), ("wish", table(0, ""))]);
        assert_eq!(
            before.differences(&after),
            [
                "the table cpu has 1 row(s) and not 2",
                "rows of the table gpu are not the same",
                "the table port is missing",
                "there is a table wish besides",
            ]
        );
    }
}
