//! PostgreSQL's syntax, and statements that are unsafe on a database in use, by squawk (<https://squawkhq.com>), which is kept up
//! with PostgreSQL's releases.

use squawk_linter::{Linter, Rule};
use squawk_syntax::SourceFile;
use squawk_syntax::syntax_error::SyntaxError;

use super::Finding;
use super::files::Migration;
use crate::files::Directives;
use crate::statements::{Statement, split};

/// What is no fault here: matters of taste in which the legacy schema has decided, and limits that the runner sets itself.
const LEFT_OUT: [Rule; 13] = [
    Rule::PreferBigintOverInt,
    Rule::PreferBigintOverSmallint,
    Rule::PreferIdentity,
    Rule::PreferRepack,
    Rule::PreferRobustStmts,
    Rule::PreferTextField,
    Rule::PreferTimestampTz,
    Rule::RequireTimeoutSettings,
    Rule::RequireLockTimeout,
    Rule::RequireStatementTimeout,
    // By what is recorded, on both databases: `effects`.
    Rule::BanDropColumn,
    Rule::BanDropTable,
    Rule::ChangingColumnType,
];

/// Finds scripts that PostgreSQL could not read.
pub(super) fn check_syntax(migration: &Migration) -> Vec<Finding> {
    let mut findings = syntax(migration, "", &migration.up);
    if let Some(down) = &migration.down {
        findings.extend(syntax(migration, "the script that takes it back: ", down));
    }
    findings
}

fn syntax(migration: &Migration, which: &str, sql: &str) -> Vec<Finding> {
    let finding = |error: SyntaxError| Finding {
        line: line(sql, error.range().start().into()),
        ..Finding::new(&migration.path, "syntax", format!("{which}{}", error.message()))
    };
    SourceFile::parse(sql).errors().into_iter().map(finding).collect()
}

/// Finds what locks tables for long, or breaks programs that run.
pub(super) fn check(migration: &Migration) -> Vec<Finding> {
    // Its default is PostgreSQL 15, the oldest that is served.
    let mut linter = Linter::with_rules(&[Rule::BanDropTrigger], &LEFT_OUT);
    linter.settings.assume_in_transaction = !is_outside_transaction(migration);
    let violations = linter.lint(&SourceFile::parse(&migration.up), &migration.up);
    let finding = |violation: squawk_linter::Violation| {
        let help = violation.help.map(|help| format!(" {help}")).unwrap_or_default();
        Finding {
            line: line(&migration.up, violation.text_range.start().into()),
            ..Finding::new(&migration.path, &violation.code.to_string(), format!("{}{help}", violation.message))
        }
    };
    violations.into_iter().map(finding).collect()
}

/// Finds statements outside a transaction that would do harm a second time, after a crash in the middle.
pub(super) fn check_outside_transaction(migration: &Migration) -> Vec<Finding> {
    if !is_outside_transaction(migration) {
        return Vec::new();
    }
    let scripts = [Some(&migration.up), migration.down.as_ref()].into_iter().flatten();
    let unrepeatable = scripts.flat_map(|script| split(script)).filter(|statement| !statement.is_repeatable);
    let finding = |statement: Statement| {
        let first = statement.sql.lines().next().unwrap_or_default().to_owned();
        let message = format!(
            "`{first}` would not go a second time, after a crash in the middle: outside a transaction there are `create index \
             concurrently if not exists`, `drop index concurrently if exists`, `create extension if not exists`, `vacuum`, `analyze` and `reindex`"
        );
        Finding::new(&migration.path, "not-repeatable", message)
    };
    unrepeatable.map(finding).collect()
}

fn is_outside_transaction(migration: &Migration) -> bool {
    Directives::read(&migration.up).is_ok_and(|directives| directives.outside_transaction.is_some())
}

/// The line of a place, from 1.
fn line(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
