//! The parameters of a list (contract section 3). An unknown or malformed one is an error: a filter that is silently
//! ignored returns wrong data.

mod custom_fields;
mod filter;
mod page;
mod parse;
mod search;
mod sort;
#[cfg(test)]
mod tests;

pub use custom_fields::{FieldRemoval, FieldsQuery, parse_fields, parse_removal};
pub use filter::{Comparison, Filter, Operator, comparisons};
pub use parse::{parse, parse_page};
pub use search::{
    MARKS, MAX_SEARCH_LENGTH, MAX_SEARCH_WORDS, Needle, Search, SearchWord, WRITTEN_MARKS, dropped, fold,
};
pub use sort::sort_keys;

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
}

/// What is wrong with a parameter: a code and a phrase that follows its name.
type Invalid = (&'static str, String);
