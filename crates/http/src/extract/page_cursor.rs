//! `cursor`: where a page begins (contract section 3).

use partbook_domain::Order;
use partbook_domain::query::{self, Cursor, ListKey, PageQuery};

use crate::limits::PageSize;
use crate::respond::problem::Problem;

/// Refuses a text that is no cursor of any list. Before anything else of the query is looked at.
pub(crate) fn check(parameters: &[(String, String)]) -> Result<(), Problem> {
    text(parameters).map_or(Ok(()), |text| Cursor::check(text).map_err(Problem::cursor))
}

/// The page of a list in an order of its own, which takes no other parameters.
pub(crate) fn page(
    parameters: &[(String, String)],
    size: PageSize,
    list: ListKey,
    order: &[Order],
) -> Result<PageQuery, Problem> {
    let mut page =
        query::parse_page(parameters, size.default, size.max).map_err(|errors| Problem::parameters(&errors))?;
    page.cursor = read(parameters, list, order)?;
    Ok(page)
}

/// The cursor among the parameters of a list.
pub(crate) fn read(parameters: &[(String, String)], list: ListKey, order: &[Order]) -> Result<Option<Cursor>, Problem> {
    text(parameters).map(|text| Cursor::read(text, list, order)).transpose().map_err(Problem::cursor)
}

fn text(parameters: &[(String, String)]) -> Option<&str> {
    parameters.iter().find(|(name, _)| name == "cursor").map(|(_, text)| text.as_str())
}
