//! Rows of a list that are read at once.

use std::collections::HashSet;

use futures_util::TryStreamExt as _;
use partbook_database::{BindValue, RowValues, Statement, size_of_row};
use partbook_domain::{Kind, Row};

use crate::context::Context;
use crate::error::Error;

/// How many rows a statement reads at most, but for a list's first one.
const MAX_ROWS: usize = 1_000;

/// How much a portion holds, bytes: it ends with the row that goes over.
const PORTION_SIZE: usize = 512 * 1024;

/// Rows that were read at once.
#[derive(Default)]
pub(super) struct Portion {
    pub(super) rows: Vec<Row>,
    /// How much they hold, bytes.
    size: usize,
    /// Whether these are all that the statement answers.
    pub(super) is_whole: bool,
}

impl Portion {
    /// Reads rows until there are enough. The permit and the connection are given back with the last one.
    pub(super) async fn read(
        context: &Context,
        statement: Statement,
        values: Vec<BindValue>,
        kinds: &[Kind],
        mut row: impl FnMut(RowValues) -> Row,
    ) -> Result<Self, Error> {
        let _permit = context.database.list_permit().await?;
        let mut rows = context.database.stream(statement, values, kinds);
        let mut portion = Self::default();
        while portion.size < PORTION_SIZE {
            let Some(columns) = rows.try_next().await? else {
                portion.is_whole = true;
                break;
            };
            portion.size += size_of_row(&columns);
            portion.rows.push(row(columns));
        }
        Ok(portion)
    }

    /// How many rows of this size the next portion may hold.
    pub(super) fn next_size(&self) -> usize {
        (PORTION_SIZE * self.rows.len().max(1) / self.size.max(1)).clamp(1, MAX_ROWS)
    }

    pub(super) fn ids(&self) -> HashSet<i64> {
        self.rows.iter().map(|row| row.id).collect()
    }
}
