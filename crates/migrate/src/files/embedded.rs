//! Our migrations, embedded in the binary.
//!
//! The two directories under `migrations/` hold the same versions under the same names. A migration that has been
//! released is never edited; and none may hold a statement that cannot run in a transaction.

use std::borrow::Cow;

use partbook_database::Dialect;

use super::File;

/// A file of `migrations/`, as `build.rs` finds it.
struct Embedded {
    version: i64,
    name: &'static str,
    sql: &'static str,
    down: Option<&'static str>,
    check: Option<&'static str>,
    down_check: Option<&'static str>,
    schema: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

pub(super) fn files(dialect: Dialect) -> Result<Vec<File>, String> {
    let embedded = match dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::Sqlite => SQLITE,
    };
    let file = |it: &Embedded| {
        let mut file = File::new(it.version, it.name.to_owned(), Cow::Borrowed(it.sql))?;
        file.down = it.down.map(Cow::Borrowed);
        file.check = it.check.map(Cow::Borrowed);
        file.down_check = it.down_check.map(Cow::Borrowed);
        file.effect = Cow::Borrowed(it.schema);
        Ok(file)
    };
    embedded.iter().map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What released versions wrote into the databases that they brought up to date; a database whose history says
    /// anything else is refused. To be added to, never to be changed.
    const RELEASED: &str = include_str!("../../../../migrations/released.txt");

    #[test]
    fn released_migrations_keep_their_checksums() {
        for (dialect, database) in [(Dialect::Postgres, "postgres"), (Dialect::Sqlite, "sqlite")] {
            let line = |it: File| format!("{database} {:04} {} {}", it.version, it.name.replace(' ', "_"), it.checksum);
            let embedded: Vec<String> = files(dialect).unwrap().into_iter().map(line).collect();
            let released: Vec<&str> = RELEASED.lines().filter(|line| line.starts_with(database)).collect();
            assert!(!released.is_empty());
            assert_eq!(embedded[..released.len()], released);
        }
    }

    /// Who brings a new version in wants to know what it will do to the database.
    #[test]
    fn the_changelog_names_every_migration() {
        let changelog = include_str!("../../../../CHANGELOG.md");
        for file in files(Dialect::Postgres).unwrap() {
            let note = if file.directives.compatible.is_some() { " (compatible)" } else { "" };
            let line = format!("\n- {:04} {}{note}", file.version, file.name);
            assert!(changelog.contains(&line), "CHANGELOG.md lacks `{}`", line.trim());
        }
    }

    #[test]
    fn both_databases_have_the_same_migrations() {
        let names = |dialect| files(dialect).unwrap().into_iter().map(|it| (it.version, it.name)).collect::<Vec<_>>();
        assert_eq!(names(Dialect::Postgres), names(Dialect::Sqlite));
    }
}
