//! `partbook migrate new`.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use partbook_database::Dialect;
use partbook_migrate::Migrations;

use super::lint::trouble;
use crate::cli::output::{Failure, print};

/// How long the name of a migration may be: names of files end at 255 bytes.
const MAX_NAME_LENGTH: usize = 100;

/// What both scripts that lead up begin with.
const UP: &str = "\
-- What it is for, in a line or two: why, rather than what.
--
-- Before it is committed:
--   * Does the version before go on working while this is applied, and after it? Add first; take away in a later release.
--   * Which tables does it lock, for how long, with a million rows in them? A column with a constant default is quick; an
--     index, a check, a new type reads or writes the whole table.
--   * Are there rows that it cannot be applied to? Find them here and say which, instead of failing on the first.
--   * What of it can be taken back, and what is lost then? If it cannot: -- partbook: irreversible: REASON
";

/// What is said of SQLite alone.
const UP_SQLITE: &str = "\
--   * SQLite changes no column: the table is made anew, and its indexes, triggers and generated columns with it.
";

const DOWN: &str = "\
-- Takes it back. Rows that came since must be able to go on, or this must say how many cannot.
";

#[derive(Args)]
pub(crate) struct Arguments {
    /// What it is about, such as `board_partners`
    #[arg(value_name = "NAME")]
    name: String,

    /// Where the migrations are, in the folders postgres and sqlite
    #[arg(long, value_name = "DIRECTORY", default_value = "migrations")]
    directory: PathBuf,

    /// Fill in what the entities of this program need and the migrations do not make
    #[arg(long)]
    from_entities: bool,
}

/// Writes the files of a migration, to be filled in. None is overwritten.
pub(super) fn run(Arguments { name, directory, from_entities }: Arguments) -> Result<(), Failure> {
    let mut statements = Statements::default();
    if from_entities {
        let migrations = |dialect| Ok::<_, Failure>(Migrations::read(&directory, dialect)?);
        let required = partbook_repository::required_tables();
        statements.postgres = migrations(Dialect::Postgres)?.lacking(Dialect::Postgres, &required)?;
        statements.sqlite = migrations(Dialect::Sqlite)?.lacking(Dialect::Sqlite, &required)?;
        if statements.postgres.is_empty() && statements.sqlite.is_empty() {
            return print("The migrations make everything that the entities need: nothing was written.\n");
        }
    }
    let mut text = write_files(&directory, &name, &statements)?;
    text += if from_entities { "Review them: defaults, keys and indexes are yours to add. " } else { "Fill them in. " };
    text += "Then `just record-migrations`, and `partbook migrate lint`.\n";
    print(&text)
}

/// What is written into a migration beside the template, for each database.
#[derive(Default)]
pub(super) struct Statements {
    pub(super) postgres: Vec<String>,
    pub(super) sqlite: Vec<String>,
}

/// Writes the pair of files for each database, and says which.
pub(super) fn write_files(directory: &Path, name: &str, statements: &Statements) -> Result<String, Failure> {
    let is_plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    if name.is_empty() || name.len() > MAX_NAME_LENGTH || !name.chars().all(is_plain) {
        return Err(Failure::Usage(format!("`{name}` is not a name of at most {MAX_NAME_LENGTH} of a-z, 0-9 and _")));
    }
    let newest = newest(&directory.join("postgres"))?.max(newest(&directory.join("sqlite"))?);
    let stem = format!("{:04}_{name}", newest + 1);
    let mut text = String::new();
    let filled = |template: &str, statements: &[String]| {
        statements.iter().fold(template.to_owned(), |text, statement| text + statement + "\n")
    };
    for (database, ending, content) in [
        ("postgres", "sql", filled(UP, &statements.postgres)),
        ("postgres", "down.sql", DOWN.to_owned()),
        ("sqlite", "sql", filled(&format!("{UP}{UP_SQLITE}"), &statements.sqlite)),
        ("sqlite", "down.sql", DOWN.to_owned()),
    ] {
        let path = directory.join(database).join(format!("{stem}.{ending}"));
        write_new(&path, &content)
            .map_err(|error| Failure::Run(format!("{} cannot be written: {error}", path.display())))?;
        text += &format!("{}\n", path.display());
    }
    Ok(text)
}

fn write_new(path: &Path, content: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(content.as_bytes())
}

/// The highest number in a folder; 0 where there is none.
fn newest(folder: &Path) -> Result<u32, Failure> {
    let mut newest = 0;
    for entry in fs::read_dir(folder).map_err(|error| trouble(folder, &error))? {
        let name = entry.map_err(|error| trouble(folder, &error))?.file_name();
        let number = name.to_str().and_then(|name| name.split_once('_')).and_then(|(number, _)| number.parse().ok());
        newest = newest.max(number.unwrap_or_default());
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_without_a_migration_is_found() {
        let required = partbook_repository::required_tables();
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            let lacking = Migrations::embedded(dialect).unwrap().lacking(dialect, &required).unwrap();
            assert_eq!(
                lacking,
                [] as [&str; 0],
                "a migration is missing: `partbook migrate new NAME --from-entities` begins it"
            );
        }
    }
}
