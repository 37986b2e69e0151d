//! The script of a migration, up or down.

use partbook_database::OwnTables;

use crate::files::{Directives, File};

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
    /// Which way it leads.
    pub direction: Direction,
    /// The statements, as they are executed.
    pub sql: String,
    /// The script that leads up as its file has it, with the placeholders: that which the checksum is of.
    pub(crate) source: String,
    /// The query that finds rows in its way.
    pub(crate) check: Option<String>,
    /// SHA-384 of the script that leads up, hexadecimal.
    pub(crate) checksum: String,
    /// What the migration adds to the schema and takes from it.
    pub(crate) effect: String,
    /// What its first lines say of it.
    pub(crate) directives: Directives,
    /// Why it cannot be taken back, where it cannot.
    pub(crate) irreversible: Option<String>,
}

impl Script {
    /// Whether each of its statements runs on its own, on PostgreSQL.
    #[must_use]
    pub fn is_outside_transaction(&self) -> bool {
        self.directives.outside_transaction.is_some()
    }
}

impl File {
    /// What is executed to go one way, in a database where our own tables are called so.
    ///
    /// # Errors
    /// Why it cannot be taken back.
    pub(crate) fn script(&self, direction: Direction, own: &OwnTables) -> Result<Script, String> {
        let (sql, check) = match direction {
            Direction::Up => (self.up.as_ref(), &self.check),
            Direction::Down => {
                let why_not = |why| format!("migration {} cannot be taken back: {why}", self.version);
                (self.way_back().map_err(why_not)?, &self.down_check)
            }
        };
        Ok(Script {
            version: self.version,
            name: self.name.clone(),
            direction,
            sql: own.fill(sql),
            source: self.up.to_string(),
            check: check.as_deref().map(|check| own.fill(check)),
            checksum: self.checksum.clone(),
            effect: self.effect.to_string(),
            directives: self.directives.clone(),
            irreversible: self.way_back().err(),
        })
    }

    fn way_back(&self) -> Result<&str, String> {
        match &self.directives.irreversible {
            Some(reason) => Err(reason.clone()),
            None => self.down.as_deref().ok_or_else(|| "it has no script for that".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use partbook_database::{Dialect, OwnTables};

    use super::*;
    use crate::files::{Migrations, checksum};

    fn down(up: &str, down: Option<&str>) -> Result<String, String> {
        let directory = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| std::fs::write(directory.path().join("sqlite").join(file), text).unwrap();
        std::fs::create_dir(directory.path().join("sqlite")).unwrap();
        write("0007_words.sql", up);
        if let Some(down) = down {
            write("0007_words.down.sql", down);
        }
        let migrations = Migrations::read(Path::new(directory.path()), Dialect::Sqlite).unwrap();
        migrations.get(7).unwrap().script(Direction::Down, &OwnTables::usual(Dialect::Sqlite)).map(|script| script.sql)
    }

    #[test]
    fn our_own_tables_have_their_names_in_what_is_executed() {
        let directory = tempfile::tempdir().unwrap();
        let up = "create table ${own}note (id integer);";
        for (ending, text) in [
            ("sql", up),
            ("down.sql", "drop table ${own}note;"),
            ("check.sql", "select name from ${own}other"),
            ("down.check.sql", "select id from ${own}note"),
        ] {
            for folder in ["postgres", "sqlite"] {
                std::fs::create_dir_all(directory.path().join(folder)).unwrap();
                std::fs::write(directory.path().join(folder).join(format!("0001_note.{ending}")), text).unwrap();
            }
        }
        for (dialect, prefix) in [(Dialect::Postgres, "partbook."), (Dialect::Sqlite, "partbook_")] {
            let migrations = Migrations::read(directory.path(), dialect).unwrap();
            let own = OwnTables::usual(dialect);
            let script = |direction| migrations.get(1).unwrap().script(direction, &own).unwrap();
            let (there, back) = (script(Direction::Up), script(Direction::Down));
            assert_eq!(there.sql, format!("create table {prefix}note (id integer);"));
            assert_eq!(there.check.unwrap(), format!("select name from {prefix}other"));
            assert_eq!((there.source.as_str(), there.checksum), (up, checksum(up)), "the file is what is known of it");
            assert_eq!(back.sql, format!("drop table {prefix}note;"));
            assert_eq!(back.check.unwrap(), format!("select id from {prefix}note"));
        }
    }

    #[test]
    fn what_cannot_be_taken_back_says_why() {
        assert_eq!(down("select 1", Some("select 2")).unwrap(), "select 2");
        let fault = down("-- partbook: irreversible: rows were merged\nselect 1", Some("select 2")).unwrap_err();
        assert_eq!(fault, "migration 7 cannot be taken back: rows were merged");
        assert!(down("select 1", None).unwrap_err().contains("no script"));
    }
}
