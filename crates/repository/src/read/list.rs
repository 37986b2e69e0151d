//! Lists: filters, order and paging (contract section 3).

use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use partbook_database::{BindValue, Statement, int};
use partbook_domain::query::ListQuery;
use partbook_domain::{Entity, Order, Row};

use super::filter::where_clause;
use crate::context::Context;
use crate::error::Error;
use crate::statements::Statements;

/// The rows of a list, as they come.
pub type Rows = BoxStream<'static, Result<Row, Error>>;

/// The rows that a query asks for, at once.
pub(crate) async fn list(
    context: &Arc<Context>,
    entity: &'static Entity,
    query: &ListQuery,
) -> Result<Vec<Row>, Error> {
    let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
    stream(context, entity, query).take(limit).try_collect().await
}

/// The rows that a query asks for, as they come from the database; one more than the limit when more follow.
///
/// The stream owns what it needs, and holds one connection until it ends or is dropped.
pub(crate) fn stream(context: &Arc<Context>, entity: &'static Entity, query: &ListQuery) -> Rows {
    let (where_clause, mut values) = where_clause(context.dialect, entity, query);
    let order = if query.order.is_empty() { entity.order } else { &query.order };
    let statements = context.statements(entity);
    let statement = paged(statements, &where_clause, order, &mut values, query.limit, query.offset);
    rows_of(context, entity, statement, values, query.limit.is_none())
}

/// The rows of a statement; whole lists wait for their permit.
pub(super) fn rows_of(
    context: &Arc<Context>,
    entity: &'static Entity,
    statement: Statement,
    values: Vec<BindValue>,
    is_whole: bool,
) -> Rows {
    let context = context.clone();
    async_stream::try_stream! {
        let _permit = if is_whole { Some(context.database.list_permit().await?) } else { None };
        let statements = context.statements(entity);
        let mut rows = context.database.stream(statement, values, statements.kinds);
        while let Some(columns) = rows.try_next().await? {
            yield statements.row(columns);
        }
    }
    .boxed()
}

/// A statement for one page; one row more than the limit is asked for, to know whether more follow.
pub(super) fn paged(
    statements: &Statements,
    where_clause: &str,
    order: &[Order],
    values: &mut Vec<BindValue>,
    limit: Option<u32>,
    offset: i64,
) -> Statement {
    let mut sql = format!("{}{where_clause} order by {}", statements.select, statements.order_by(order));
    if limit.is_some() || offset > 0 {
        // SQLite takes no offset without a limit.
        values.push(int(limit.map_or(i64::MAX, |limit| i64::from(limit) + 1)));
        values.push(int(offset));
        sql += &format!(" limit ${} offset ${}", values.len() - 1, values.len());
    }
    Statement::select(statements.entity.name, sql)
}
