//! What a list selects: from where on, and how much.

use std::collections::VecDeque;

use futures_util::TryStreamExt as _;
use partbook_database::{BindValue, RowValues, int};
use partbook_domain::query::{Cursor, EXPIRED_CURSOR, MALFORMED_CURSOR, Place, Position, RowMark};
use partbook_domain::{Kind, Order, Refusal};

use super::narrow::Source;
use super::portion::Portion;
use crate::context::Context;
use crate::error::Error;
use crate::statements::Statements;
use crate::statements::keyset::Keyset;
use crate::statements::page::Extract;

/// How many rows the first statement reads at most. A list that is not longer is one statement, and one snapshot.
const FIRST_PORTION: u32 = 100;

/// What a list asks for.
pub(super) struct Selection {
    /// Where the rows are looked for.
    pub(super) source: Source,
    /// Empty, or ` where …`, whose conditions have all to be met.
    pub(super) where_clause: String,
    /// The values that the source and the clause bind.
    pub(super) values: Vec<BindValue>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<u32>,
    pub(super) offset: i64,
}

/// A selection of which it is known where it begins.
pub(super) struct PlacedSelection<'c> {
    context: &'c Context,
    statements: &'c Statements,
    selection: Selection,
    keyset: Option<Keyset>,
    /// The values of the clause, and behind them those of the place.
    values: Vec<BindValue>,
}

/// The first rows of a list.
pub(super) struct FirstRows {
    pub(super) portion: Portion,
    /// Whether there are more than the limit.
    pub(super) has_more: bool,
    /// Where the first and the last row of the portion are.
    pub(super) edges: Option<(Position, Position)>,
}

impl Selection {
    /// Looks where a cursor is.
    pub(super) async fn placed<'c>(
        mut self,
        context: &'c Context,
        statements: &'c Statements,
        cursor: Option<Cursor>,
    ) -> Result<PlacedSelection<'c>, Error> {
        let mut values = self.values.clone();
        let Some(Cursor { is_backward, place }) = cursor else {
            return Ok(PlacedSelection { context, statements, selection: self, keyset: None, values });
        };
        let (position, is_after) = match place {
            Place::Before(position) => (position, false),
            Place::After(position) => (position, true),
            Place::Between { before, after } => self.found(context, statements, before, after).await?,
        };
        // The row that the place is beside is on the side that is read, or on the other one.
        let with_position = is_after == is_backward;
        let keyset = statements.keyset(&self.order, &position, is_backward, with_position, &mut values);
        let keyset = keyset.ok_or(Refusal::InvalidCursor(MALFORMED_CURSOR))?;
        if self.limit.is_none() {
            let join = if self.where_clause.is_empty() { " where" } else { " and" };
            self.where_clause = format!("{}{join} {}", self.where_clause, keyset.condition());
            return Ok(PlacedSelection { context, statements, selection: self, keyset: None, values });
        }
        Ok(PlacedSelection { context, statements, selection: self, keyset: Some(keyset), values })
    }

    /// Where the place between two rows is, by that of them which is still there as it was.
    async fn found(
        &self,
        context: &Context,
        statements: &Statements,
        before: Option<RowMark>,
        after: Option<RowMark>,
    ) -> Result<(Position, bool), Error> {
        for (mark, is_after) in [(before, true), (after, false)] {
            let Some(mark) = mark else { continue };
            let position = locate(context, statements, &self.order, mark.id).await?;
            if let Some(position) = position.filter(|position| RowMark::of(position) == mark) {
                return Ok((position, is_after));
            }
        }
        Err(Refusal::InvalidCursor(EXPIRED_CURSOR).into())
    }
}

/// Where the row of an id is now.
async fn locate(
    context: &Context,
    statements: &Statements,
    order: &[Order],
    id: i64,
) -> Result<Option<Position>, Error> {
    let mut kinds = statements.stored_kinds(order);
    let stored = kinds.len();
    kinds.extend(statements.kinds);
    let rows = context.database.rows(&statements.located(order), vec![int(id)], &kinds).await?;
    Ok(rows.into_iter().next().map(|mut columns| {
        let stored = columns.drain(..stored).collect();
        statements.position_of(order, &statements.row(columns), stored)
    }))
}

impl PlacedSelection<'_> {
    pub(super) fn order(&self) -> &[Order] {
        &self.selection.order
    }

    fn extract(&self, limit: u32) -> Extract<'_> {
        let Selection { source, where_clause, order, offset, .. } = &self.selection;
        let source = source.rows.as_deref();
        Extract { source, where_clause, order, keyset: self.keyset.as_ref(), limit: limit.into(), offset: *offset }
    }

    /// The first rows.
    pub(super) async fn first(&self) -> Result<FirstRows, Error> {
        if let Some(nearest) = &self.selection.source.nearest {
            let first = self.first_of(Some(nearest)).await?;
            // Whether more follow is known only where they are among these.
            if first.has_more {
                return Ok(first);
            }
        }
        self.first_of(self.selection.source.rows.as_deref()).await
    }

    async fn first_of(&self, source: Option<&str>) -> Result<FirstRows, Error> {
        let Self { context, statements, selection, .. } = self;
        let mut values = self.values.clone();
        // Of a whole list, a page that is not looked beyond.
        let limit = selection.limit.unwrap_or(FIRST_PORTION - 1);
        let statement = statements.page(
            &Extract { source, ..self.extract(limit) },
            &mut values,
            FIRST_PORTION.min(limit.saturating_add(u32::from(selection.limit.is_none()))),
        );
        let mut kinds = vec![Kind::Int];
        kinds.extend(statements.stored_kinds(&selection.order));
        let beside = kinds.len();
        kinds.extend(statements.kinds);
        let (mut count, mut begin, mut end) = (0, None, Vec::new());
        let read = |mut row: RowValues| {
            let mut first = row.drain(..beside);
            count = first.next().and_then(|count| count.as_int()).unwrap_or_default();
            end = first.collect();
            begin.get_or_insert_with(|| end.clone());
            statements.row(row)
        };
        let portion = Portion::read(context, statement, values, &kinds, read).await?;
        let position = |row, stored| statements.position_of(&selection.order, row, stored);
        let edges = portion
            .rows
            .first()
            .zip(portion.rows.last())
            .map(|(first, last)| (position(first, begin.unwrap_or_default()), position(last, end)));
        Ok(FirstRows { portion, has_more: selection.limit.is_some_and(|limit| count > limit.into()), edges })
    }

    /// Whether the first rows are all there are.
    pub(super) fn is_all(&self, first: &Portion) -> bool {
        let is_one_portion = self.selection.limit.is_some_and(|limit| limit <= FIRST_PORTION);
        first.is_whole && (is_one_portion || first.rows.len() < FIRST_PORTION as usize)
    }

    /// The ids of all rows, in order, without those of the first ones; and of a page, where its last row is.
    pub(super) async fn ids_after(&self, first: &Portion) -> Result<(VecDeque<i64>, Option<Position>), Error> {
        let Self { context, statements, selection, .. } = self;
        let (mut values, order) = (self.values.clone(), &selection.order);
        let (statement, mut kinds) = match selection.limit {
            Some(limit) => (statements.ids_of_page(&self.extract(limit), &mut values), statements.key_kinds(order)),
            None => (statements.ids(&Extract { limit: i64::MAX, ..self.extract(0) }, &mut values), Vec::new()),
        };
        let shown = kinds.len() - statements.stored_kinds(order).len().min(kinds.len());
        kinds.insert(0, Kind::Int);
        let read = first.ids();
        let (mut ids, mut last) = (VecDeque::new(), None);
        {
            let _permit = context.database.list_permit().await?;
            let mut rows = context.database.stream(statement, values, &kinds);
            while let Some(mut row) = rows.try_next().await? {
                let keys = row.split_off(1);
                let Some(id) = row[0].as_int() else { continue };
                if !read.contains(&id) {
                    ids.push_back(id);
                }
                last = Some((id, keys));
            }
        }
        let last = last.filter(|_| selection.limit.is_some()).map(|(id, mut keys)| {
            let stored = keys.split_off(shown);
            statements.position(order, id, keys, stored)
        });
        // Of long texts, only the beginning was read.
        let last = match last {
            Some(last) if !last.is_short() => locate(context, statements, order, last.id).await?,
            last => last,
        };
        Ok((ids, last))
    }

    /// The place beside a row, as far as a cursor can hold it.
    pub(super) async fn beside(&self, position: &Position, is_after: bool) -> Result<Place, Error> {
        let place = if is_after { Place::After(position.clone()) } else { Place::Before(position.clone()) };
        if position.is_short() {
            return Ok(place);
        }
        let Selection { source, where_clause, values, order, .. } = &self.selection;
        let source = Source { rows: source.rows.clone(), nearest: None };
        let (where_clause, values, order) = (where_clause.clone(), values.clone(), order.clone());
        let next = Selection { source, where_clause, values, order, limit: Some(1), offset: 0 };
        let cursor = Cursor { is_backward: !is_after, place };
        let next = next.placed(self.context, self.statements, Some(cursor)).await?.first().await?;
        let next = next.edges.map(|(next, _)| RowMark::of(&next));
        let this = Some(RowMark::of(position));
        let (before, after) = if is_after { (this, next) } else { (next, this) };
        Ok(Place::Between { before, after })
    }
}
