//! Looks at the files of migrations before anybody runs them: whether they are complete and alike on both databases, and what
//! they do that is unsafe on a database in use. Nothing but the files is needed.
//!
//! - `files`: names, numbers, pairs, the script that takes back, what has been released.
//! - `effects`: what the recorded effect says of a migration on either database.
//! - `postgres`: syntax and unsafe statements, by the linter squawk.
//! - `sqlite`: SQLite itself executes the scripts, up, down and up again, in memory.
//!
//! A finding is accepted by a comment in the migration, with a reason: `-- lint: accept RULE: REASON`.

mod accept;
mod effects;
mod files;
mod postgres;
mod released;
mod sqlite;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use partbook_database::Dialect;

use crate::files::Source;

/// What is wrong with a file, or unsafe in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The rule, by which it can be accepted.
    pub rule: String,
    /// What it is, and what to do.
    pub message: String,
}

impl Finding {
    fn new(path: &Path, rule: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: 1, rule: rule.to_owned(), message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path.display(), self.line, self.rule, self.message)
    }
}

/// Looks at all the migrations of both databases; `released` is `migrations/released.txt`.
pub async fn lint(sources: &[Source], released: &str) -> Vec<Finding> {
    let mut findings = files::check_names(sources);
    let mut migrations = Vec::new();
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let (of_dialect, faults) = files::migrations(sources, dialect);
        findings.extend(faults);
        migrations.push(of_dialect);
    }
    if let [postgres, sqlite] = &migrations[..] {
        findings.extend(files::check_pairs(postgres, sqlite));
    }
    for of_dialect in &migrations {
        findings.extend(released::check(released, of_dialect));
        findings.extend(effects::check_schema(of_dialect));
        // What has been released is executed no more, or was when nobody had rows: it cannot be mended.
        for migration in of_dialect.iter().filter(|migration| !released::is_released(released, migration)) {
            let mut unsafe_in_it = effects::check(migration);
            if migration.dialect == Dialect::Postgres {
                unsafe_in_it.extend(postgres::check(migration));
                unsafe_in_it.extend(postgres::check_outside_transaction(migration));
            }
            findings.extend(accept::filter(migration, unsafe_in_it));
        }
    }
    for migration in migrations.iter().flatten().filter(|migration| migration.dialect == Dialect::Postgres) {
        findings.extend(postgres::check_syntax(migration));
    }
    findings.extend(sqlite::execute(&migrations[1]).await);
    findings.sort();
    findings
}
