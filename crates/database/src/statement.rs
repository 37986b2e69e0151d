//! A statement as it is composed: its text, and what traces and metrics call it.

use std::borrow::Cow;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

/// The text of a statement, what it does, and to which table. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(crate) sql: SqlStr,
    pub(crate) operation: &'static str,
    pub(crate) table: Option<Cow<'static, str>>,
}

impl Statement {
    /// Reads from a table; the tables of joins and subselects do not count.
    pub fn select(table: impl Into<Cow<'static, str>>, sql: impl Into<Cow<'static, str>>) -> Self {
        Self::on("SELECT", table.into(), sql.into())
    }

    /// Adds rows to a table.
    pub fn insert(table: &'static str, sql: impl Into<Cow<'static, str>>) -> Self {
        Self::on("INSERT", table.into(), sql.into())
    }

    /// Changes rows of a table.
    pub fn update(table: &'static str, sql: impl Into<Cow<'static, str>>) -> Self {
        Self::on("UPDATE", table.into(), sql.into())
    }

    /// Removes rows of a table.
    pub fn delete(table: &'static str, sql: impl Into<Cow<'static, str>>) -> Self {
        Self::on("DELETE", table.into(), sql.into())
    }

    /// Does something that is about no one table: a transaction, a lock, counts of several tables.
    pub fn control(operation: &'static str, sql: impl Into<Cow<'static, str>>) -> Self {
        Self { sql: text(sql.into()), operation, table: None }
    }

    fn on(operation: &'static str, table: Cow<'static, str>, sql: Cow<'static, str>) -> Self {
        Self { sql: text(sql), operation, table: Some(table) }
    }

    /// The same query with another column, before the others; none where it is no query.
    pub(crate) fn with_first_column(&self, column: &str) -> Option<Self> {
        let sql = self.as_str();
        let (before, after) = sql.split_at(first_column(sql)?);
        Some(Self { sql: AssertSqlSafe(format!("{before}{column}, {after}")).into_sql_str(), ..self.clone() })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.sql.as_str()
    }

    /// What it does, and to which table, with few different texts.
    pub(crate) fn summary(&self) -> String {
        match &self.table {
            Some(table) => format!("{} {table}", self.operation),
            None => self.operation.to_owned(),
        }
    }
}

/// Where the columns of a query begin: after the `select` that stands in no parentheses and no quotes.
fn first_column(sql: &str) -> Option<usize> {
    const SELECT: &str = "select ";
    const DISTINCT: &str = "distinct ";
    let (mut depth, mut quote) = (0_usize, None);
    for (index, byte) in sql.bytes().enumerate() {
        match (byte, quote) {
            (_, Some(open)) if byte == open => quote = None,
            (b'\'' | b'"', None) => quote = Some(byte),
            (b'(', None) => depth += 1,
            (b')', None) => depth = depth.saturating_sub(1),
            (b's', None) if depth == 0 && sql[index..].starts_with(SELECT) => {
                let after = index + SELECT.len();
                return Some(after + if sql[after..].starts_with(DISTINCT) { DISTINCT.len() } else { 0 });
            }
            _ => {}
        }
    }
    None
}

/// Texts are composed of names in this program, of the database's own quoted names, and of placeholders; values are bound.
fn text(sql: Cow<'static, str>) -> SqlStr {
    match sql {
        Cow::Borrowed(sql) => sql.into_sql_str(),
        Cow::Owned(sql) => AssertSqlSafe(sql).into_sql_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_added_before_the_others() {
        for (sql, with) in [
            ("select id from cpu", Some("select p, id from cpu")),
            ("select distinct entity from f", Some("select distinct p, entity from f")),
            (
                "with page as materialized (select id from cpu where name = 'a) select ') select (select 1), id from page",
                Some(
                    "with page as materialized (select id from cpu where name = 'a) select ') select p, (select 1), id from page",
                ),
            ),
            ("insert into cpu values (1)", None),
        ] {
            let found = Statement::select("cpu", sql).with_first_column("p");
            assert_eq!(found.as_ref().map(Statement::as_str), with, "{sql}");
        }
    }
}
