//! From a query string's parameters to a list.

use std::collections::HashSet;

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
        "search" | "limit" | "offset" if repeated => Err(("repeated", "is given twice".to_owned())),
        "search" => Search::parse(text).map(|search| query.search = search),
        "limit" => limit(text, entity.max_limit).map(|limit| query.limit = Some(limit)),
        "offset" => offset(text).map(|offset| query.offset = offset),
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

/// Reads `limit` and `offset` alone, for lists that know no more.
///
/// # Errors
/// Every error, each with the parameter's name and what is allowed.
pub fn parse_page(
    parameters: &[(String, String)],
    default_limit: u32,
    max_limit: u32,
) -> Result<(u32, i64), ParameterErrors> {
    let mut page = (default_limit, 0);
    each(parameters, |name, text, repeated| match name {
        "limit" | "offset" if repeated => Err(("repeated", "is given twice".to_owned())),
        "limit" => limit(text, max_limit).map(|limit| page.0 = limit),
        "offset" => offset(text).map(|offset| page.1 = offset),
        _ => Err(("unknown", "is not a parameter here; allowed: limit, offset".to_owned())),
    })?;
    Ok(page)
}
