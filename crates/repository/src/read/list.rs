//! Lists: filters, order and paging (contract section 3).
//!
//! Rows are read in portions. Whoever takes them may be slow: between two portions no connection is held and no snapshot of
//! the database is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use partbook_domain::query::{Cursor, ListQuery, Place};
use partbook_domain::{Entity, Row};

use super::narrow::{Narrowed, narrow};
use super::portion::Portion;
use super::selection::{FirstRows, Selection};
use crate::context::Context;
use crate::error::Error;

/// Rows, as they come.
pub type Rows = BoxStream<'static, Result<Row, Error>>;

/// Rows as they come; the first one of a page with what is known of the page.
pub(crate) type PagedRows = BoxStream<'static, Result<(Option<Box<Extent>>, Row), Error>>;

/// What is known of a page that has rows.
#[derive(Debug)]
pub struct Extent {
    /// Whether rows follow the last one, in the direction in which the page was read.
    pub has_more: bool,
    /// Just before its first row.
    pub begin: Place,
    /// Just after its last row.
    pub end: Place,
}

/// A page of a list, or a whole one.
pub struct Page {
    /// Its rows. The stream owns what it needs. It holds no connection while it is not asked for the next row.
    pub rows: Rows,
    /// None for a page without rows, and for a list without a limit.
    pub extent: Option<Extent>,
}

impl Page {
    /// Reads the first row, with which it is known where the page is.
    pub(crate) async fn open(mut rows: PagedRows) -> Result<Self, Error> {
        let (extent, first) = rows.try_next().await?.unzip();
        let rows = stream::iter(first.map(Ok)).chain(rows.map_ok(|(_, row)| row)).boxed();
        Ok(Self { rows, extent: extent.flatten().map(|extent| *extent) })
    }
}

/// The rows that a query asks for, as they come from the database.
pub(crate) fn list(context: &Arc<Context>, entity: &'static Entity, query: &ListQuery) -> PagedRows {
    let (context, query) = (context.clone(), query.clone());
    let rows = async move {
        let Narrowed { where_clause, values, source } = narrow(&context, entity, &query, query.limit.is_some()).await?;
        let order = query.order_of(entity).to_vec();
        let ListQuery { limit, offset, cursor, .. } = query;
        let selection = Selection { source, where_clause, values, order, limit, offset };
        Ok::<_, Error>(rows_of(&context, entity, selection, cursor))
    };
    stream::once(rows).try_flatten().boxed()
}

/// The rows of a selection, from a cursor on.
///
/// Of more rows than fit into one portion, the ids are read at once: they decide what is shown and in which order. The rows
/// are read afterwards, each once, as it is then; one that has been deleted meanwhile is left out.
pub(super) fn rows_of(
    context: &Arc<Context>,
    entity: &'static Entity,
    selection: Selection,
    cursor: Option<Cursor>,
) -> PagedRows {
    let context = context.clone();
    async_stream::try_stream! {
        let statements = context.statements(entity);
        let is_page = selection.limit.is_some();
        let selection = selection.placed(&context, statements, cursor).await?;
        let FirstRows { portion: first, has_more, mut edges } = selection.first().await?;
        let mut rest = VecDeque::new();
        if !selection.is_all(&first) {
            let (ids, last) = selection.ids_after(&first).await?;
            rest = ids;
            edges = edges.map(|(begin, end)| (begin, last.unwrap_or(end)));
        }
        let mut extent = None;
        if let Some((begin, end)) = edges.filter(|_| is_page) {
            let (begin, end) = (selection.beside(&begin, false).await?, selection.beside(&end, true).await?);
            extent = Some(Box::new(Extent { has_more, begin, end }));
        }
        let mut size = first.next_size();
        for row in first.rows {
            yield (extent.take(), row);
        }
        while !rest.is_empty() {
            let ids: Vec<i64> = rest.drain(..size.min(rest.len())).collect();
            let (statement, values) = statements.among(selection.order(), &ids);
            let portion = Portion::read(&context, statement, values, statements.kinds, |row| statements.row(row)).await?;
            size = portion.next_size();
            if !portion.is_whole {
                let read = portion.ids();
                for id in ids.into_iter().rev().filter(|id| !read.contains(id)) {
                    rest.push_front(id);
                }
            }
            for row in portion.rows {
                yield (None, row);
            }
        }
    }
    .boxed()
}
