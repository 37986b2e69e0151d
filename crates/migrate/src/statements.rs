//! The statements of a PostgreSQL script, one by one: what may not run in a transaction may not be sent with others either.

use partbook_database::Dialect;
use squawk_syntax::SourceFile;
use squawk_syntax::ast::{AstNode as _, Stmt};

/// The words with which a transaction begins or ends.
const CONTROLS: [&str; 7] = ["begin", "start", "commit", "rollback", "abort", "savepoint", "release"];

/// A statement that runs on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    /// The index that it makes beside the writers, and that a crash leaves behind unfinished.
    pub(crate) index: Option<String>,
    /// Whether it does no harm a second time.
    pub(crate) is_repeatable: bool,
}

/// Takes a script apart.
pub(crate) fn split(script: &str) -> Vec<Statement> {
    SourceFile::parse(script).tree().stmts().map(|statement| of(&statement)).collect()
}

/// The first statement of a script that begins or ends a transaction, if there is one: each script has one of its own, with
/// its entry in the books.
pub(crate) fn ends_transaction(dialect: Dialect, script: &str) -> Option<String> {
    let statements: Vec<String> = match dialect {
        Dialect::Postgres => split(script).into_iter().map(|statement| statement.sql).collect(),
        // Within a trigger, `begin` and `end` are no statements: those do not follow a semicolon, and are not looked for.
        Dialect::Sqlite => without_comments(script).split(';').map(str::to_owned).collect(),
    };
    statements.into_iter().find_map(|statement| {
        let bare = without_comments(&statement);
        let word = bare.split_whitespace().next()?.trim_end_matches(';').to_ascii_lowercase();
        CONTROLS.contains(&word.as_str()).then_some(word)
    })
}

fn without_comments(script: &str) -> String {
    script.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn of(statement: &Stmt) -> Statement {
    let sql = statement.syntax().text().to_string();
    let (index, is_repeatable) = match statement {
        Stmt::CreateIndex(create) => {
            let name = create.index().map(|index| index.syntax().text().to_string());
            let is_beside = create.concurrently_token().is_some();
            (name.filter(|_| is_beside), create.if_not_exists().is_some())
        }
        Stmt::CreateExtension(create) => (None, create.if_not_exists().is_some()),
        Stmt::DropIndex(drop) => (None, drop.if_exists().is_some()),
        Stmt::Vacuum(_) | Stmt::Analyze(_) | Stmt::Reindex(_) => (None, true),
        _ => (None, false),
    };
    Statement { sql, index, is_repeatable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_taken_apart() {
        let script = "-- Why; not how.\ncreate index concurrently if not exists ix_a on t (a);\n\
                      drop index concurrently if exists \"ix;b\"; create index ix_c on t (';');\nanalyze t;\n\
                      create extension if not exists pg_trgm; create extension pg_trgm";
        let statements = split(script);
        let shown: Vec<_> = statements.iter().map(|it| (it.index.as_deref(), it.is_repeatable)).collect();
        assert_eq!(
            shown,
            [(Some("ix_a"), true), (None, true), (None, false), (None, true), (None, true), (None, false)]
        );
        assert!(statements[2].sql.contains("(';')"), "{statements:?}");
    }

    #[test]
    fn a_script_has_the_transaction_that_it_is_given() {
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            let found = |script: &str| ends_transaction(dialect, script);
            assert_eq!(found("create table t (a text); COMMIT; select 1"), Some("commit".to_owned()));
            assert_eq!(found("-- why\nbegin;\ncreate table t (a text);"), Some("begin".to_owned()));
            assert_eq!(found("-- commit;\ncreate table t (a text default 'rollback');"), None);
        }
        let block = "do $$ begin perform 1; begin perform 2; exception when others then null; end; end $$;";
        assert_eq!(ends_transaction(Dialect::Postgres, block), None);
        let trigger = "create trigger t after delete on cpu begin delete from gpu; select raise(rollback, 'no'); end;";
        assert_eq!(ends_transaction(Dialect::Sqlite, trigger), None);
    }
}
