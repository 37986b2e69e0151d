//! The statements of a PostgreSQL script, one by one: what may not run in a transaction may not be sent with others either.

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{AstNode as _, Stmt};

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

fn of(statement: &Stmt) -> Statement {
    let sql = statement.syntax().text().to_string();
    let (index, is_repeatable) = match statement {
        Stmt::CreateIndex(create) => {
            let name = create.index().map(|index| index.syntax().text().to_string());
            let is_beside = create.concurrently_token().is_some();
            (name.filter(|_| is_beside), create.if_not_exists().is_some())
        }
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
                      drop index concurrently if exists \"ix;b\"; create index ix_c on t (';');\nanalyze t";
        let statements = split(script);
        let shown: Vec<_> = statements.iter().map(|it| (it.index.as_deref(), it.is_repeatable)).collect();
        assert_eq!(shown, [(Some("ix_a"), true), (None, true), (None, false), (None, true)]);
        assert!(statements[2].sql.contains("(';')"), "{statements:?}");
    }
}
