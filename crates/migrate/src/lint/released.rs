//! Migrations that have been released stand in databases that nobody can reach: they are never edited.

use partbook_database::Dialect;

use super::Finding;
use super::files::Migration;

/// The line of a migration in `migrations/released.txt`: database, number, name, SHA-384 of the text. Lines are added with a
/// release and never changed.
fn line_of<'a>(released: &'a str, migration: &Migration) -> Option<&'a str> {
    let database = match migration.dialect {
        Dialect::Postgres => "postgres",
        Dialect::Sqlite => "sqlite",
    };
    let number = format!("{:04}", migration.version);
    released.lines().find(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some(database) && words.next() == Some(&number)
    })
}

pub(super) fn is_released(released: &str, migration: &Migration) -> bool {
    line_of(released, migration).is_some()
}

/// Finds migrations that were edited or renamed after their release.
pub(super) fn check(released: &str, migrations: &[Migration]) -> Vec<Finding> {
    let is_edited = |migration: &&Migration| {
        let line = line_of(released, migration);
        line.is_some_and(|line| line.split_whitespace().skip(2).ne([&*migration.name, &*migration.checksum]))
    };
    let finding = |migration: &Migration| {
        let message = "has been released, and is not what was released: databases that have it would refuse to start. \
                       Put it back, and write a new migration";
        Finding::new(&migration.path, "edited", message)
    };
    migrations.iter().filter(is_edited).map(finding).collect()
}
