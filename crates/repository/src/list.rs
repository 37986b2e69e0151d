//! Lists: search, filters, order and paging (contract section 3).

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use partbook_domain::query::{Filter, ListQuery};
use partbook_domain::{Entity, Kind, Order, Row, Value};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use crate::columns::{Argument, Columns, int};
use crate::statements::Statements;
use crate::{Error, Repository};

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// Whether more follow.
    pub more: bool,
}

impl Repository {
    /// One page of the rows that a query asks for; all of them when it sets no limit.
    ///
    /// # Errors
    /// The database is away.
    pub async fn list(&self, entity: &'static Entity, query: &ListQuery) -> Result<Page, Error> {
        let statements = self.statements(entity);
        let (conditions, mut arguments) = self.conditions(entity, query);
        let order = if query.order.is_empty() { entity.order } else { &query.order };
        let sql = Self::paged(statements, &conditions, order, &mut arguments, query.limit, query.offset);
        let rows = self.connections().rows(AssertSqlSafe(sql), arguments, statements.kinds).await?;
        Ok(page(statements, rows, query.limit))
    }

    /// All rows that a query asks for, as they come from the database; the query's limit is not heeded.
    ///
    /// The stream owns what it needs, and holds one connection until it ends or is dropped.
    #[must_use]
    pub fn stream(&self, entity: &'static Entity, query: &ListQuery) -> BoxStream<'static, Result<Row, Error>> {
        let (conditions, mut arguments) = self.conditions(entity, query);
        let order = if query.order.is_empty() { entity.order } else { &query.order };
        let sql = Self::paged(self.statements(entity), &conditions, order, &mut arguments, None, query.offset);
        let repository = self.clone();
        async_stream::stream! {
            let statements = repository.statements(entity);
            let sql = AssertSqlSafe(sql).into_sql_str();
            let mut rows = repository.connections().stream(sql, arguments, statements.kinds);
            while let Some(columns) = rows.next().await {
                yield columns.map(|columns| statements.row(columns));
            }
        }
        .boxed()
    }

    /// How many rows a query asks for, its page aside.
    ///
    /// # Errors
    /// The database is away.
    pub async fn count(&self, entity: &'static Entity, query: &ListQuery) -> Result<i64, Error> {
        let (conditions, arguments) = self.conditions(entity, query);
        let sql = format!("select count(*) from {}{conditions}", entity.name);
        self.one_number(sql, arguments).await
    }

    pub(crate) async fn one_number(&self, sql: String, arguments: Vec<Argument>) -> Result<i64, Error> {
        let rows = self.connections().rows(AssertSqlSafe(sql), arguments, &[Kind::Int]).await?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or(0))
    }

    /// A statement for one page; one row more than the limit is asked for, to know whether more follow.
    pub(crate) fn paged(
        statements: &Statements,
        conditions: &str,
        order: &[Order],
        arguments: &mut Vec<Argument>,
        limit: Option<u32>,
        offset: i64,
    ) -> String {
        let mut sql = format!("{}{conditions} order by {}", statements.select, statements.order_by(order));
        if limit.is_some() || offset > 0 {
            // SQLite takes no offset without a limit.
            arguments.push(int(limit.map_or(i64::MAX, |limit| i64::from(limit) + 1)));
            arguments.push(int(offset));
            sql += &format!(" limit ${} offset ${}", arguments.len() - 1, arguments.len());
        }
        sql
    }

    fn conditions(&self, entity: &Entity, query: &ListQuery) -> (String, Vec<Argument>) {
        let dialect = self.dialect();
        let column = |name: &str| format!("{}.{name}", entity.name);
        let mut arguments: Vec<Argument> = Vec::new();
        let mut conditions = Vec::new();
        if let Some(text) = &query.search {
            arguments.push((Kind::Text, Value::Text(text.to_ascii_lowercase())));
            let places = entity.search.iter().map(|name| dialect.contains(&column(name), arguments.len()));
            conditions.push(format!("({})", places.collect::<Vec<_>>().join(" or ")));
        }
        for filter in &query.filters {
            let mut parameter = |kind: Kind, value: &Value| {
                arguments.push((kind, value.clone()));
                // A word that a legacy enum type lacks is simply not found.
                let kind = if matches!(kind, Kind::Enum(_)) { Kind::Text } else { kind };
                dialect.placeholder(kind, arguments.len())
            };
            conditions.push(match filter {
                Filter::AnyOf(field, values) => {
                    let parameters: Vec<String> = values.iter().map(|value| parameter(field.kind, value)).collect();
                    format!("{} in ({})", dialect.read(field.kind, &column(field.name)), parameters.join(", "))
                }
                Filter::Min(field, value) => format!("{} >= {}", column(field.name), parameter(field.kind, value)),
                Filter::Max(field, value) => format!("{} <= {}", column(field.name), parameter(field.kind, value)),
            });
        }
        if conditions.is_empty() {
            return (String::new(), arguments);
        }
        (format!(" where {}", conditions.join(" and ")), arguments)
    }
}

pub(crate) fn page(statements: &Statements, rows: Vec<Columns>, limit: Option<u32>) -> Page {
    let limit = limit.map_or(usize::MAX, |limit| limit as usize);
    let more = rows.len() > limit;
    Page { rows: rows.into_iter().take(limit).map(|columns| statements.row(columns)).collect(), more }
}
