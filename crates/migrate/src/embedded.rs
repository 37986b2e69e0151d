//! Our migrations, embedded in the binary.
//!
//! The two directories under `migrations/` hold the same versions under the same names. A migration that has been
//! released is never edited; and none may hold a statement that cannot run in a transaction.

use partbook_database::{Dialect, Pool};
use sha2::{Digest as _, Sha384};

/// A file of `migrations/`, as `build.rs` finds it.
pub(crate) struct Embedded {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
    /// The script that takes it back; none where it cannot be.
    pub(crate) down: Option<&'static str>,
    /// What it adds to the schema and takes from it: see `drift::expected`.
    pub(crate) schema: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// The migrations for a pool's database, in their order.
pub(crate) fn embedded(pool: &Pool) -> &'static [Embedded] {
    embedded_for(Dialect::of(pool))
}

/// The migrations for a database, in their order.
pub(crate) fn embedded_for(dialect: Dialect) -> &'static [Embedded] {
    match dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::Sqlite => SQLITE,
    }
}

/// A migration that this program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) version: i64,
    pub(crate) name: String,
    /// SHA-384 of its text, hexadecimal.
    pub(crate) checksum: String,
}

/// The migrations that this program knows for a pool's database, in their order.
pub(crate) fn known(pool: &Pool) -> Vec<Known> {
    let known =
        |file: &Embedded| Known { version: file.version, name: file.name.to_owned(), checksum: checksum(file.sql) };
    embedded(pool).iter().map(known).collect()
}

/// SHA-384 of a text, hexadecimal.
pub(crate) fn checksum(text: &str) -> String {
    Sha384::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What released versions wrote into the databases that they brought up to date; a database whose history says
    /// anything else is refused. To be added to, never to be changed.
    const RELEASED: &str = include_str!("../../../migrations/released.txt");

    #[test]
    fn released_migrations_keep_their_checksums() {
        for (files, database) in [(POSTGRES, "postgres"), (SQLITE, "sqlite")] {
            let line = |it: &Embedded| {
                format!("{database} {:04} {} {}", it.version, it.name.replace(' ', "_"), checksum(it.sql))
            };
            let embedded: Vec<String> = files.iter().map(line).collect();
            let released: Vec<&str> = RELEASED.lines().filter(|line| line.starts_with(database)).collect();
            assert!(!released.is_empty());
            assert_eq!(embedded[..released.len()], released);
        }
    }

    #[test]
    fn both_databases_have_the_same_migrations() {
        let names = |files: &'static [Embedded]| files.iter().map(|it| (it.version, it.name)).collect::<Vec<_>>();
        assert_eq!(names(POSTGRES), names(SQLITE));
    }
}
