//! The files of the migrations: their names and numbers, what belongs together, and what is missing.

use std::path::PathBuf;

use partbook_database::{Dialect, OwnTables};

use super::Finding;
use crate::files::{Directives, Part, Source, checksum, parse_name as parse};

/// A migration on one database, put together from its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Migration {
    pub(super) dialect: Dialect,
    pub(super) path: PathBuf,
    pub(super) version: i64,
    pub(super) name: String,
    /// The scripts as they are executed where the catalog is in its usual place.
    pub(super) up: String,
    pub(super) down: Option<String>,
    pub(super) schema: Option<String>,
    /// Of the script that leads up, as its file has it.
    pub(super) checksum: String,
}

/// Finds files that are not called as those of a migration are.
pub(super) fn check_names(sources: &[Source]) -> Vec<Finding> {
    let is_wrong = |source: &&Source| parse(&source.path).is_none();
    let finding = |source: &Source| {
        let message = "is called NNNN_name and .sql, .down.sql, .check.sql, .down.check.sql or .schema, with a name of a-z, 0-9 and _";
        Finding::new(&source.path, "file-name", message)
    };
    sources.iter().filter(is_wrong).map(finding).collect()
}

/// Puts the migrations of one database together, in the order of their numbers, and finds what is missing or twice there.
pub(super) fn migrations(sources: &[Source], dialect: Dialect) -> (Vec<Migration>, Vec<Finding>) {
    let parsed = || {
        let of_dialect = sources.iter().filter(|source| source.dialect == dialect);
        of_dialect.filter_map(|source| parse(&source.path).map(|parsed| (source, parsed)))
    };
    let own = OwnTables::usual(dialect);
    let mut findings = Vec::new();
    let mut migrations: Vec<Migration> = Vec::new();
    for (source, (version, name, part)) in parsed() {
        let beside = |wanted: Part| {
            let is_it = |other: &(i64, String, Part)| (other.0, &other.1, other.2) == (version, &name, wanted);
            parsed().find(|(_, other)| is_it(other)).map(|(source, _)| source.text.clone())
        };
        if part == Part::Up {
            let (up, down) = (own.fill(&source.text), beside(Part::Down).map(|down| own.fill(&down)));
            let (schema, checksum, path) = (beside(Part::Schema), checksum(&source.text), source.path.clone());
            migrations.push(Migration { dialect, path, version, name, up, down, schema, checksum });
        } else if beside(Part::Up).is_none() {
            findings.push(Finding::new(&source.path, "no-migration", "belongs to no migration"));
        }
    }
    migrations.sort_by_key(|migration| migration.version);
    for (index, migration) in migrations.iter().enumerate() {
        findings.extend(check_one(migration));
        let before = index.checked_sub(1).map_or(0, |before| migrations[before].version);
        let (path, version) = (&migration.path, migration.version);
        if version == before {
            findings.push(Finding::new(
                path,
                "number-twice",
                format!("another migration has the number {version}, too"),
            ));
        } else if version != before + 1 {
            let missing = before + 1;
            findings.push(Finding::new(path, "number-missing", format!("there is no migration {missing} before it")));
        }
    }
    (migrations, findings)
}

fn check_one(migration: &Migration) -> Option<Finding> {
    let finding = |rule, message: &str| Some(Finding::new(&migration.path, rule, message));
    let directives = match Directives::read(&migration.up) {
        Ok(directives) => directives,
        Err(fault) => return finding("directive", &fault),
    };
    if is_blank(&migration.up) {
        return finding("empty", "has no statement");
    }
    match (&directives.irreversible, &migration.down) {
        (None, None) => finding(
            "no-way-back",
            "has no script beside it that takes it back (NNNN_name.down.sql), and does not say why: \
             `-- partbook: irreversible: REASON`",
        ),
        (None, Some(down)) if is_blank(down) => finding("no-way-back", "has an empty script to take it back"),
        (Some(_), Some(_)) => finding("no-way-back", "is said to be irreversible, and has a script that takes it back"),
        _ if migration.schema.is_none() => {
            finding("not-recorded", "what it does to the schema is not recorded: `just record-migrations` does that")
        }
        _ => None,
    }
}

/// Whether a script has nothing but comments.
fn is_blank(sql: &str) -> bool {
    sql.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with("--"))
}

/// Finds migrations that the other database has not, or under another name.
pub(super) fn check_pairs(postgres: &[Migration], sqlite: &[Migration]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (ours, theirs, other) in [(postgres, sqlite, "SQLite"), (sqlite, postgres, "PostgreSQL")] {
        for migration in ours {
            let message = match theirs.iter().find(|other| other.version == migration.version) {
                None => format!("{other} has no migration {}", migration.version),
                Some(counterpart) if counterpart.name != migration.name => {
                    format!("on {other} the migration {} is called {}", migration.version, counterpart.name)
                }
                Some(_) => continue,
            };
            findings.push(Finding::new(&migration.path, "not-a-pair", message));
        }
    }
    findings
}
