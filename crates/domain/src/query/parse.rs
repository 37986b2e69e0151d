//! From a query string's parameters to a list.

use std::collections::HashSet;

use super::cursor::Cursor;
use super::filter::{Known, filter};
use super::page::{limit, offset};
use super::search::Search;
use super::sort::sort;
use super::{Invalid, ListQuery};
use crate::entity::Entity;
use crate::model::vocabulary::Vocabulary;
use crate::refusal::field_error::{ParameterError, ParameterErrors};

/// Reads a list's parameters, in the order in which they were given.
///
/// # Errors
/// Every error, each with the parameter's name and what is allowed.
pub fn parse(
    entity: &Entity,
    parameters: &[(String, String)],
    vocabulary: &Vocabulary,
) -> Result<ListQuery, ParameterErrors> {
    let known = Known::new(entity, vocabulary);
    let mut query = ListQuery { limit: entity.default_limit, ..ListQuery::default() };
    each(parameters, |name, text, repeated| match name {
        _ if text.contains('\0') => Err(("nul", "must not contain the character U+0000".to_owned())),
        "search" | "limit" | "offset" | "cursor" if repeated => Err(("repeated", "is given twice".to_owned())),
        "search" => Search::parse(text).map(|search| query.search = search),
        "limit" => limit(text, entity.max_limit).map(|limit| query.limit = Some(limit)),
        "offset" => offset(text).map(|offset| query.offset = offset),
        // What it says depends on all the others.
        "cursor" => beside_no_offset(parameters),
        "sort" => sort(entity, text, &mut query.order),
        _ => filter(&known, name, text, repeated, &mut query.filters),
    })?;
    Ok(query)
}

/// Reads each parameter in turn, with whether it was given before.
pub(super) fn each(
    parameters: &[(String, String)],
    mut read: impl FnMut(&str, &str, bool) -> Result<(), Invalid>,
) -> Result<(), ParameterErrors> {
    let mut errors = ParameterErrors::default();
    let mut seen = HashSet::with_capacity(parameters.len());
    for (name, text) in parameters {
        let repeated = !seen.insert(name.as_str());
        if let Err((code, detail)) = read(name, text, repeated) {
            // A name that is not known is said to be so once, however often it is given.
            if !(repeated && code == "unknown") {
                errors.push(ParameterError::new(name, code, detail));
            }
        }
    }
    errors.into_result(())
}

/// A page of a list that knows of nothing else.
#[derive(Clone, Debug, Default)]
pub struct PageQuery {
    /// How many rows.
    pub limit: u32,
    /// How many rows to pass over first.
    pub offset: i64,
    /// Where it begins, and which way it goes; none for the beginning.
    pub cursor: Option<Cursor>,
}

/// Reads `limit` and `offset` alone, for lists that know no more. Whether there may be a `cursor`, which is read afterwards,
/// differs.
///
/// # Errors
/// Every error, each with the parameter's name and what is allowed.
pub fn parse_page(
    parameters: &[(String, String)],
    default_limit: u32,
    max_limit: u32,
) -> Result<PageQuery, ParameterErrors> {
    let mut page = PageQuery { limit: default_limit, ..PageQuery::default() };
    each(parameters, |name, text, repeated| match name {
        "limit" | "offset" | "cursor" if repeated => Err(("repeated", "is given twice".to_owned())),
        "limit" => limit(text, max_limit).map(|limit| page.limit = limit),
        "offset" => offset(text).map(|offset| page.offset = offset),
        "cursor" => beside_no_offset(parameters),
        _ => Err(("unknown", "is not a parameter here; allowed: limit, offset, cursor".to_owned())),
    })?;
    Ok(page)
}

fn beside_no_offset(parameters: &[(String, String)]) -> Result<(), Invalid> {
    if parameters.iter().any(|(name, _)| name == "offset") {
        return Err(("conflict", "says where the page begins, as offset does; send one of the two".to_owned()));
    }
    Ok(())
}
