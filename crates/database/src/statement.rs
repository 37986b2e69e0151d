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

/// Texts are composed of names in this program, of the database's own quoted names, and of placeholders; values are bound.
fn text(sql: Cow<'static, str>) -> SqlStr {
    match sql {
        Cow::Borrowed(sql) => sql.into_sql_str(),
        Cow::Owned(sql) => AssertSqlSafe(sql).into_sql_str(),
    }
}
