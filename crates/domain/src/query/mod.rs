//! The parameters of a list (contract section 3). An unknown or malformed one is an error: a filter that is silently
//! ignored returns wrong data.

mod cursor;
mod custom_fields;
mod filter;
mod page;
mod parse;
mod position;
mod search;
mod sort;
#[cfg(test)]
mod tests;

pub use cursor::{Cursor, EXPIRED_CURSOR, InvalidCursor, ListKey, MALFORMED_CURSOR, MAX_CURSOR_LENGTH, Place, RowMark};
pub use custom_fields::{FieldRemoval, FieldsQuery, parse_fields, parse_removal};
pub use filter::{Comparison, Filter, Operator, comparisons};
pub use parse::{PageQuery, parse, parse_page};
pub use position::{KeyValue, Position};
pub use search::{
    MARKS, MAX_SEARCH_LENGTH, MAX_SEARCH_WORDS, Needle, Search, SearchWord, WRITTEN_MARKS, dropped, fold,
};
pub use sort::sort_keys;

use crate::entity::Entity;
use crate::model::order::Order;

/// A list to be made.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// The words to look for; none for all rows.
    pub search: Option<Search>,
    /// What a row must meet, all of it.
    pub filters: Vec<Filter>,
    /// The order; empty for the entity's own.
    pub order: Vec<Order>,
    /// How many rows; none for all.
    pub limit: Option<u32>,
    /// How many rows to pass over first.
    pub offset: i64,
    /// Where a page begins, and which way it goes; none for the beginning.
    pub cursor: Option<Cursor>,
}

impl ListQuery {
    /// The order of the rows.
    #[must_use]
    pub fn order_of<'q>(&'q self, entity: &'q Entity) -> &'q [Order] {
        if self.order.is_empty() { entity.order } else { &self.order }
    }
}

/// What is wrong with a parameter: a code and a phrase that follows its name.
type Invalid = (&'static str, String);
