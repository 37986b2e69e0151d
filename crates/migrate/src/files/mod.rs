//! The migrations that there are for a database: those in the program, or those in a directory, where new ones are tried out.

mod directives;
mod directory;
mod embedded;

use std::borrow::Cow;
use std::path::Path;

use partbook_database::catalogue::DefinitionKind;
use partbook_database::{Dialect, StartError};
use sha2::{Digest as _, Sha384};

pub(crate) use directives::Directives;
pub use directory::Source;
pub(crate) use directory::{Part, parse_name};

use crate::drift::expected::expected;

/// A migration, put together from its files.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) version: i64,
    pub(crate) name: String,
    /// The script that leads up.
    pub(crate) up: Cow<'static, str>,
    /// The script that takes it back; none where it cannot be.
    pub(crate) down: Option<Cow<'static, str>>,
    /// The query that finds rows in the way of the one and of the other: what is in the way, and statements that mend it.
    pub(crate) check: Option<Cow<'static, str>>,
    pub(crate) down_check: Option<Cow<'static, str>>,
    /// What it adds to the schema and takes from it: see `drift::expected`.
    pub(crate) effect: Cow<'static, str>,
    /// What its first lines say of it.
    pub(crate) directives: Directives,
    /// SHA-384 of the script that leads up, hexadecimal.
    pub(crate) checksum: String,
}

impl File {
    fn new(version: i64, name: String, up: Cow<'static, str>) -> Result<Self, String> {
        let directives = Directives::read(&up).map_err(|fault| format!("migration {version}: {fault}"))?;
        let checksum = checksum(&up);
        let (down, check, down_check, effect) = (None, None, None, Cow::Borrowed(""));
        Ok(Self { version, name, up, down, check, down_check, effect, directives, checksum })
    }
}

/// The migrations for one of the two databases, in the order of their numbers.
#[derive(Clone, Debug)]
pub struct Migrations {
    files: Vec<File>,
}

impl Migrations {
    /// Those in the program.
    ///
    /// # Errors
    /// A directive that means nothing.
    pub fn embedded(dialect: Dialect) -> Result<Self, StartError> {
        embedded::files(dialect).map(|files| Self { files }).map_err(StartError::Unfit)
    }

    /// Those in a directory that has the folders `postgres` and `sqlite`.
    ///
    /// # Errors
    /// A file that cannot be read, is not called as one of a migration, or belongs to none; a number that is there twice.
    pub fn read(directory: &Path, dialect: Dialect) -> Result<Self, StartError> {
        let sources = Source::read(directory, dialect).map_err(StartError::Unfit)?;
        let files = directory::files(&sources).map_err(StartError::Unfit)?;
        if files.is_empty() {
            return Err(StartError::Unfit(format!("there are no migrations in {}", directory.display())));
        }
        Ok(Self { files })
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &File> + Clone {
        self.files.iter()
    }

    pub(crate) fn get(&self, version: i64) -> Option<&File> {
        self.iter().find(|file| file.version == version)
    }

    pub(crate) fn newest(&self) -> i64 {
        self.files.last().map_or(0, |file| file.version)
    }

    /// The tables of the catalog that all of them leave, those of the legacy catalog among them.
    ///
    /// # Errors
    /// What is recorded of one of them makes no sense.
    pub fn tables(&self) -> Result<Vec<String>, StartError> {
        let definitions = expected(self.iter().map(|file| file.effect.as_ref())).map_err(StartError::Unfit)?;
        let tables = definitions.into_iter().filter(|definition| definition.kind == DefinitionKind::Table);
        Ok(tables.map(|definition| definition.table).collect())
    }

    /// Passes 0, which stands for nothing applied, and the versions of migrations.
    pub(crate) fn check_version(&self, version: i64) -> Result<(), StartError> {
        if version == 0 || self.get(version).is_some() {
            return Ok(());
        }
        Err(StartError::Unfit(format!(
            "there is no migration {version}; known are 1 to {}, and 0 is the empty database",
            self.newest()
        )))
    }
}

/// SHA-384 of a text, hexadecimal.
pub(crate) fn checksum(text: &str) -> String {
    Sha384::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
