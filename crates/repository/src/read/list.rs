//! Lists: filters, order and paging (contract section 3).

use std::sync::Arc;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use partbook_database::{BindValue, Statement, int};
use partbook_domain::query::ListQuery;
use partbook_domain::{Entity, Order, Row};

use super::filter::where_clause;
use crate::context::Context;
use crate::error::Error;

/// Rows, as they come.
pub type Rows = BoxStream<'static, Result<Row, Error>>;

/// Rows as they come, each with the number of rows from the page's first one on, counted to one more than the limit.
pub(crate) type NumberedRows = BoxStream<'static, Result<(i64, Row), Error>>;

/// A page of a list, or a whole one.
pub struct Page {
    /// Its rows. The stream owns what it needs, and holds one connection until it ends or is dropped.
    pub rows: Rows,
    /// Whether rows follow the last of them.
    pub has_more: bool,
}

impl Page {
    /// Reads the first row, with which it is known whether more follow the last.
    pub(crate) async fn open(mut rows: NumberedRows, limit: Option<u32>) -> Result<Self, Error> {
        let first = rows.try_next().await?;
        let count = first.as_ref().map_or(0, |(count, _)| *count);
        let rows = stream::iter(first.map(Ok)).chain(rows).map_ok(|(_, row)| row).boxed();
        Ok(Self { rows, has_more: limit.is_some_and(|limit| count > limit.into()) })
    }
}

/// The rows that a query asks for, as they come from the database. The stream owns what it needs, and holds one connection
/// until it ends or is dropped.
pub(crate) fn list(context: &Arc<Context>, entity: &'static Entity, query: &ListQuery) -> NumberedRows {
    let (where_clause, values) = where_clause(context.dialect, entity, query);
    let order = if query.order.is_empty() { entity.order } else { &query.order };
    match query.limit {
        Some(limit) => page(context, entity, &where_clause, values, order, limit, query.offset),
        None => whole(context, entity, &where_clause, values, order, query.offset),
    }
}

/// The rows of one page.
pub(super) fn page(
    context: &Arc<Context>,
    entity: &'static Entity,
    where_clause: &str,
    mut values: Vec<BindValue>,
    order: &[Order],
    limit: u32,
    offset: i64,
) -> NumberedRows {
    let statement = context.statements(entity).page(where_clause, order, &mut values, limit, offset);
    let context = context.clone();
    async_stream::try_stream! {
        let statements = context.statements(entity);
        let mut rows = context.database.stream(statement, values, statements.page_kinds);
        while let Some(mut columns) = rows.try_next().await? {
            let count = columns.remove(0).as_int().unwrap_or_default();
            yield (count, statements.row(columns));
        }
    }
    .boxed()
}

/// The rows of a whole list, which waits for its permit.
fn whole(
    context: &Arc<Context>,
    entity: &'static Entity,
    where_clause: &str,
    mut values: Vec<BindValue>,
    order: &[Order],
    offset: i64,
) -> NumberedRows {
    let statements = context.statements(entity);
    let mut sql = format!("{}{where_clause} order by {}", statements.select, statements.order_by(order));
    if offset > 0 {
        // SQLite takes no offset without a limit.
        values.extend([int(i64::MAX), int(offset)]);
        sql += &format!(" limit ${} offset ${}", values.len() - 1, values.len());
    }
    let statement = Statement::select(entity.name, sql);
    let context = context.clone();
    async_stream::try_stream! {
        let _permit = context.database.list_permit().await?;
        let statements = context.statements(entity);
        let mut rows = context.database.stream(statement, values, statements.kinds);
        while let Some(columns) = rows.try_next().await? {
            yield (0, statements.row(columns));
        }
    }
    .boxed()
}
