//! Lists: filters, order and paging (contract section 3).
//!
//! Rows are read in portions. Whoever takes them may be slow: between two portions no connection is held and no snapshot of
//! the database is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use partbook_database::BindValue;
use partbook_domain::query::ListQuery;
use partbook_domain::{Entity, Kind, Order, Row, Value};

use super::filter::where_clause;
use super::portion::Portion;
use crate::context::Context;
use crate::error::Error;
use crate::statements::Statements;

/// Rows, as they come.
pub type Rows = BoxStream<'static, Result<Row, Error>>;

/// Rows as they come, each with the number of rows from the page's first one on, counted to one more than the limit.
pub(crate) type NumberedRows = BoxStream<'static, Result<(i64, Row), Error>>;

/// How many rows the first statement reads at most. A list that is not longer is one statement, and one snapshot.
const FIRST_PORTION: u32 = 100;

/// A page of a list, or a whole one.
pub struct Page {
    /// Its rows. The stream owns what it needs. It holds no connection while it is not asked for the next row.
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

/// The rows that a query asks for, as they come from the database.
pub(crate) fn list(context: &Arc<Context>, entity: &'static Entity, query: &ListQuery) -> NumberedRows {
    let (context, query) = (context.clone(), query.clone());
    let rows = async move {
        let (where_clause, values) = where_clause(&context, entity, &query).await?;
        let order = if query.order.is_empty() { entity.order.to_vec() } else { query.order };
        let selection = Selection { where_clause, values, order, limit: query.limit, offset: query.offset };
        Ok::<_, Error>(rows_of(&context, entity, selection))
    };
    stream::once(rows).try_flatten().boxed()
}

/// What a list asks for.
pub(super) struct Selection {
    pub(super) where_clause: String,
    /// The values that the clause binds.
    pub(super) values: Vec<BindValue>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<u32>,
    pub(super) offset: i64,
}

/// The rows of a selection.
///
/// Of more rows than fit into one portion, the ids are read at once: they decide what is shown and in which order. The rows
/// are read afterwards, each once, as it is then; one that has been deleted meanwhile is left out.
pub(super) fn rows_of(context: &Arc<Context>, entity: &'static Entity, selection: Selection) -> NumberedRows {
    let context = context.clone();
    async_stream::try_stream! {
        let statements = context.statements(entity);
        let (count, first) = selection.first(&context, statements).await?;
        let mut rest = if selection.is_all(&first) {
            VecDeque::new()
        } else {
            selection.ids_after(&context, statements, &first).await?
        };
        let mut size = first.next_size();
        for row in first.rows {
            yield (count, row);
        }
        while !rest.is_empty() {
            let ids: Vec<i64> = rest.drain(..size.min(rest.len())).collect();
            let (statement, values) = statements.among(&selection.order, &ids);
            let portion = Portion::read(&context, statement, values, statements.kinds, |row| statements.row(row)).await?;
            size = portion.next_size();
            if !portion.is_whole {
                let read = portion.ids();
                for id in ids.into_iter().rev().filter(|id| !read.contains(id)) {
                    rest.push_front(id);
                }
            }
            for row in portion.rows {
                yield (count, row);
            }
        }
    }
    .boxed()
}

impl Selection {
    /// The first rows; of a page, with the number that every row of it begins with.
    async fn first(&self, context: &Context, statements: &Statements) -> Result<(i64, Portion), Error> {
        let mut values = self.values.clone();
        let Some(limit) = self.limit else {
            let statement = statements.head(&self.where_clause, &self.order, &mut values, FIRST_PORTION, self.offset);
            let read = |row| statements.row(row);
            return Ok((0, Portion::read(context, statement, values, statements.kinds, read).await?));
        };
        let most = limit.min(FIRST_PORTION);
        let statement = statements.page(&self.where_clause, &self.order, &mut values, limit, self.offset, most);
        let mut count = 0;
        let read = |mut row: Vec<Value>| {
            count = row.remove(0).as_int().unwrap_or_default();
            statements.row(row)
        };
        let first = Portion::read(context, statement, values, statements.page_kinds, read).await?;
        Ok((count, first))
    }

    /// Whether the first rows are all there are.
    fn is_all(&self, first: &Portion) -> bool {
        let is_one_portion = self.limit.is_some_and(|limit| limit <= FIRST_PORTION);
        first.is_whole && (is_one_portion || first.rows.len() < FIRST_PORTION as usize)
    }

    /// The ids of all rows, in order, without those of the first ones.
    async fn ids_after(
        &self,
        context: &Context,
        statements: &Statements,
        first: &Portion,
    ) -> Result<VecDeque<i64>, Error> {
        let mut values = self.values.clone();
        let limit = self.limit.map_or(i64::MAX, i64::from);
        let statement = statements.ids(&self.where_clause, &self.order, &mut values, limit, self.offset);
        let read = first.ids();
        let _permit = context.database.list_permit().await?;
        let rows = context.database.stream(statement, values, &[Kind::Int]);
        let ids = rows.try_filter_map(async |row| Ok(row[0].as_int().filter(|id| !read.contains(id))));
        Ok(ids.try_collect().await?)
    }
}
