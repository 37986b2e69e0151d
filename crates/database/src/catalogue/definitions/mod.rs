//! What a schema consists of, piece by piece, as text that can be compared and of which the piece can be made again.

mod postgres;
mod sqlite;
mod table_sql;

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::own::OwnTables;
use crate::pool::{AnyPool, Pool};

/// One piece of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// What it is.
    pub kind: DefinitionKind,
    /// The table that it belongs to; empty for what belongs to none.
    pub table: String,
    /// Its name; empty for a table itself.
    pub name: String,
    /// What the database says of it. Of an index, a trigger, a function and a view that is the whole statement.
    pub text: String,
}

/// The kinds of pieces, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DefinitionKind {
    /// The words of an enum type, quoted.
    Enum,
    /// A sequence, and the column that it numbers.
    Sequence,
    /// A function or procedure; its name has the types of its arguments.
    Function,
    /// A table; the text holds its options.
    Table,
    /// A column: on PostgreSQL its type, on SQLite everything that the table says of it.
    Column,
    /// The default of a column, on PostgreSQL.
    Default,
    /// That a column refuses null, on PostgreSQL.
    NotNull,
    /// A constraint of a table. One without a name is called what it says.
    Constraint,
    /// A foreign key, on PostgreSQL.
    ForeignKey,
    /// An index that no constraint brought with it.
    Index,
    /// A trigger.
    Trigger,
    /// A view.
    View,
}

/// The kinds and their words.
const KINDS: [(DefinitionKind, &str); 12] = [
    (DefinitionKind::Enum, "enum"),
    (DefinitionKind::Sequence, "sequence"),
    (DefinitionKind::Function, "function"),
    (DefinitionKind::Table, "table"),
    (DefinitionKind::Column, "column"),
    (DefinitionKind::Default, "default"),
    (DefinitionKind::NotNull, "not-null"),
    (DefinitionKind::Constraint, "constraint"),
    (DefinitionKind::ForeignKey, "foreign-key"),
    (DefinitionKind::Index, "index"),
    (DefinitionKind::Trigger, "trigger"),
    (DefinitionKind::View, "view"),
];

/// Reads the schema that the catalog is in. What an extension
/// brought is not part of it. The order is that in which the pieces can be made.
///
/// # Errors
/// The database does not answer.
pub async fn read_definitions(pool: &Pool, own: &OwnTables) -> Result<Vec<Definition>, Error> {
    match pool.any() {
        AnyPool::Postgres(_) => postgres::read(pool, own).await,
        AnyPool::Sqlite(_) => sqlite::read(pool).await,
    }
}

impl Definition {
    /// Whether both are about the same thing, whatever they say of it.
    #[must_use]
    pub fn is_about(&self, other: &Self) -> bool {
        self.kind == other.kind && self.table == other.table && self.name == other.name
    }

    /// What it is about, such as `column cpu.name`.
    #[must_use]
    pub fn subject(&self) -> String {
        let place = match (self.table.as_str(), self.name.as_str()) {
            ("", name) => quoted(name),
            (table, "") => quoted(table),
            (table, name) => format!("{}.{}", quoted(table), quoted(name)),
        };
        format!("{} {place}", self.kind)
    }
}

impl fmt::Display for DefinitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(KINDS.iter().find(|(kind, _)| kind == self).map_or("", |(_, word)| word))
    }
}

/// One line; `FromStr` reads it.
impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.subject())?;
        if !self.text.is_empty() {
            write!(f, " {}", self.text.replace('\\', "\\\\").replace('\n', "\\n"))?;
        }
        Ok(())
    }
}

impl FromStr for Definition {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let fault = || format!("`{line}` defines nothing");
        let (word, rest) = line.split_once(' ').ok_or_else(fault)?;
        let &(kind, _) = KINDS.iter().find(|(_, known)| *known == word).ok_or_else(fault)?;
        let (first, rest) = name(rest).ok_or_else(fault)?;
        let (second, rest) = match rest.strip_prefix('.') {
            Some(rest) => name(rest).map(|(name, rest)| (Some(name), rest)).ok_or_else(fault)?,
            None => (None, rest),
        };
        let belongs_to_none = matches!(
            kind,
            DefinitionKind::Enum | DefinitionKind::Sequence | DefinitionKind::Function | DefinitionKind::View
        );
        let (table, name) = match second {
            Some(second) => (first, second),
            None if belongs_to_none => (String::new(), first),
            None => (first, String::new()),
        };
        Ok(Self { kind, table, name, text: unescaped(rest.strip_prefix(' ').unwrap_or(rest)) })
    }
}

/// A name as it stands in a line: quoted where it is not a plain one.
fn quoted(name: &str) -> String {
    let is_plain =
        !name.is_empty() && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"").replace('\n', " ")) }
}

/// The name at the start of a text, and what follows it.
fn name(text: &str) -> Option<(String, &str)> {
    let Some(text) = text.strip_prefix('"') else {
        let end = text.find([' ', '.']).unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        if character != '"' {
            name.push(character);
        } else if characters.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return Some((name, &text[place + 1..]));
        }
    }
    None
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            (character, _) => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_everything() {
        for (kind, table, name, text) in [
            (DefinitionKind::Column, "cpu", "name", "varchar(255)"),
            (DefinitionKind::Table, "cpu", "", "strict"),
            (DefinitionKind::Enum, "", "storage_medium", "'nvme', 'it''s'"),
            (DefinitionKind::Function, "", "fold(text, integer)", "create function\n  returns \\n 'x.y z'"),
            (DefinitionKind::Constraint, "saved \"builds\"", "check (a <> '.')", "check (a <> '.')"),
            (DefinitionKind::NotNull, "cpu", "id", ""),
        ] {
            let definition = Definition { kind, table: table.into(), name: name.into(), text: text.into() };
            let line = definition.to_string();
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(line.parse(), Ok(definition), "{line}");
        }
        for line in ["", "column", "colour cpu.name", "column \"cpu", "table "] {
            assert!(line.parse::<Definition>().is_err(), "{line}");
        }
    }
}
