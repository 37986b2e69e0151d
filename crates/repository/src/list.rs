//! Lists: search, filters, order and paging (contract section 3).

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use partbook_domain::query::{Filter, ListQuery};
use partbook_domain::{Entity, Kind, Order, Row, Value};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use crate::Error;
use crate::columns::{Argument, first_int, int};
use crate::statements::Statements;
use crate::store::Store;

/// The rows of a list, as they come.
pub type Rows = BoxStream<'static, Result<Row, Error>>;

impl Store {
    /// The rows that a query asks for, at once.
    ///
    /// # Errors
    /// See [`Error`].
    pub(crate) async fn list(&self, entity: &'static Entity, query: &ListQuery) -> Result<Vec<Row>, Error> {
        let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
        self.stream(entity, query).take(limit).try_collect().await
    }

    /// The rows that a query asks for, as they come from the database.
    ///
    /// The stream owns what it needs, and holds one connection until it ends or is dropped.
    pub(crate) fn stream(&self, entity: &'static Entity, query: &ListQuery) -> Rows {
        let (conditions, mut arguments) = self.conditions(entity, query);
        let order = if query.order.is_empty() { entity.order } else { &query.order };
        let sql = paged(self.statements(entity), &conditions, order, &mut arguments, query.limit, query.offset);
        self.rows_of(entity, sql, arguments, query.limit.is_none())
    }

    /// Whether rows follow after the page that a query asks for.
    ///
    /// # Errors
    /// See [`Error`].
    pub(crate) async fn has_more(&self, entity: &'static Entity, query: &ListQuery) -> Result<bool, Error> {
        let after = i64::from(query.limit.unwrap_or_default()).saturating_add(query.offset);
        Ok(self.count(entity, query).await? > after)
    }

    /// The rows of a statement, whole lists taking turns.
    pub(crate) fn rows_of(
        &self,
        entity: &'static Entity,
        sql: String,
        arguments: Vec<Argument>,
        is_whole: bool,
    ) -> Rows {
        let store = self.clone();
        async_stream::try_stream! {
            let _turn = if is_whole { Some(store.connections().turn_to_list().await?) } else { None };
            let statements = store.statements(entity);
            let sql = AssertSqlSafe(sql).into_sql_str();
            let mut rows = store.connections().stream(sql, arguments, statements.kinds);
            while let Some(columns) = rows.try_next().await? {
                yield statements.row(columns);
            }
        }
        .boxed()
    }

    /// How many rows a query asks for, its page aside.
    ///
    /// # Errors
    /// The database is away.
    pub(crate) async fn count(&self, entity: &'static Entity, query: &ListQuery) -> Result<i64, Error> {
        let (conditions, arguments) = self.conditions(entity, query);
        let sql = format!("select count(*) from {}{conditions}", entity.name);
        self.one_number(sql, arguments).await
    }

    pub(crate) async fn one_number(&self, sql: String, arguments: Vec<Argument>) -> Result<i64, Error> {
        let rows = self.connections().rows(AssertSqlSafe(sql), arguments, &[Kind::Int]).await?;
        Ok(first_int(&rows).unwrap_or(0))
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
