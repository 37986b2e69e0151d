//! The script of a migration, up or down, and what its first lines say of it.

use crate::embedded::{Embedded, checksum};

/// How a line begins that says something of a migration: `-- partbook: irreversible: the texts are not kept`.
const DIRECTIVE: &str = "-- partbook:";

/// Which way a script leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To a later version.
    Up,
    /// Back to an earlier one.
    Down,
}

/// A script that would be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The migration's number.
    pub version: i64,
    /// The migration's name.
    pub name: String,
    /// SHA-384 of the script that leads up, hexadecimal.
    pub checksum: String,
    /// Which way it leads.
    pub direction: Direction,
    /// The statements.
    pub sql: &'static str,
}

/// What the first lines of a migration say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    /// Why it cannot be taken back.
    pub(crate) irreversible: Option<String>,
}

impl Directives {
    /// Reads the comments before the first statement.
    ///
    /// # Errors
    /// A directive that is not known.
    pub(crate) fn read(sql: &str) -> Result<Self, String> {
        let mut directives = Self::default();
        for line in sql.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with("--")) {
            let Some(directive) = line.strip_prefix(DIRECTIVE) else { continue };
            match directive.trim().split_once(':').map(|(word, reason)| (word.trim(), reason.trim())) {
                Some(("irreversible", reason)) if !reason.is_empty() => {
                    directives.irreversible = Some(reason.to_owned());
                }
                _ => return Err(format!("`{line}` is not a directive; known is `{DIRECTIVE} irreversible: REASON`")),
            }
        }
        Ok(directives)
    }
}

impl Embedded {
    /// What is executed to go one way.
    ///
    /// # Errors
    /// Why it cannot be taken back.
    pub(crate) fn script(&self, direction: Direction) -> Result<Script, String> {
        let sql = match direction {
            Direction::Up => self.sql,
            Direction::Down => {
                self.down().map_err(|why| format!("migration {} cannot be taken back: {why}", self.version))?
            }
        };
        let checksum = checksum(self.sql);
        Ok(Script { version: self.version, name: self.name.to_owned(), checksum, direction, sql })
    }

    fn down(&self) -> Result<&'static str, String> {
        match Directives::read(self.sql)?.irreversible {
            Some(reason) => Err(reason),
            None => self.down.ok_or_else(|| "it has no script for that".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_stand_before_the_first_statement() {
        let read = |sql| Directives::read(sql).map(|it| it.irreversible);
        assert_eq!(
            read("-- A comment.\n\n-- partbook: irreversible: gone\ncreate table t ();"),
            Ok(Some("gone".into()))
        );
        assert_eq!(read("create table t ();\n-- partbook: irreversible: gone"), Ok(None));
        for unknown in ["-- partbook: irreversible:", "-- partbook: irreversible", "-- partbook: reversible: no"] {
            assert!(read(unknown).is_err(), "{unknown}");
        }
    }

    #[test]
    fn what_cannot_be_taken_back_says_why() {
        let migration = |sql, down| Embedded { version: 7, name: "words", sql, down, schema: "" };
        let down = |migration: Embedded| migration.script(Direction::Down).map(|script| script.sql);
        assert_eq!(down(migration("select 1", Some("select 2"))), Ok("select 2"));
        let fault =
            down(migration("-- partbook: irreversible: rows were merged\nselect 1", Some("select 2"))).unwrap_err();
        assert_eq!(fault, "migration 7 cannot be taken back: rows were merged");
        assert!(down(migration("select 1", None)).unwrap_err().contains("no script"));
    }
}
