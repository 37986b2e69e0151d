//! Where the rows of a query are looked for: of a search among the candidates of a trigram index, where there is one.
//!
//! A word that few rows have is best looked up, and its rows sorted. One that many rows have is best looked for in the order that
//! is asked for, since a page is full soon; unless the rows that have it come late in that order, which nobody knows before. So the
//! first rows are tried, and then the index is asked.

use partbook_database::{BindValue, first_int};
use partbook_domain::query::{ListQuery, Search};
use partbook_domain::{Entity, Kind, Value};

use super::filter::{SearchBy, where_clause};
use crate::context::Context;
use crate::error::Error;
use crate::statements::trigram::TrigramIndex;

/// How many candidates are few on SQLite: the text of each is folded to be compared.
const FEW: usize = 500;

/// How far a page may reach for the first rows of the table to be tried.
const MAX_NEAR: i64 = 100;

/// The rows that a query asks for.
pub(super) struct Narrowed {
    pub(super) where_clause: String,
    /// The values that the clause and the source bind.
    pub(super) values: Vec<BindValue>,
    pub(super) source: Source,
}

/// What stands for the table in `from`.
#[derive(Clone, Default)]
pub(super) struct Source {
    /// What holds every row that the query asks for; none where it is the table itself.
    pub(super) rows: Option<String>,
    /// The first rows of the table, which are tried before.
    pub(super) nearest: Option<String>,
}

/// Finds out where to look for the rows of a query, of which a page is shown or all.
pub(super) async fn narrow(
    context: &Context,
    entity: &'static Entity,
    query: &ListQuery,
    is_page: bool,
) -> Result<Narrowed, Error> {
    let asked = query.search.as_ref().and_then(|search| asked(context, entity, search));
    let Some((index, asked)) = asked else {
        return whole(context, entity, query).await;
    };
    let mut are_many = is_page;
    if let Some(count) = index.count(FEW + 1) {
        let rows = context.database.rows(&count, texts(&asked), &[Kind::Int]).await?;
        are_many = first_int(&rows).is_some_and(|count| usize::try_from(count).is_ok_and(|count| count > FEW));
        if are_many && !is_page {
            // All of them are soonest found in the index of folded texts.
            return whole(context, entity, query).await;
        }
    }
    let (where_clause, mut values) = where_clause(context, entity, query, SearchBy::Row).await?;
    let first = values.len() + 1;
    values.extend(texts(&asked));
    let reach = query.limit.map_or(i64::MAX, |limit| query.offset.saturating_add(limit.into()));
    let is_near =
        are_many && reach <= MAX_NEAR && query.filters.is_empty() && query.order.is_empty() && query.cursor.is_none();
    let nearest = is_near.then(|| index.nearest(&context.statements(entity).order_by(entity.order)));
    Ok(Narrowed {
        where_clause,
        values,
        source: Source { rows: Some(index.candidates(first, asked.len(), are_many)), nearest },
    })
}

/// All rows of the table are looked at.
async fn whole(context: &Context, entity: &'static Entity, query: &ListQuery) -> Result<Narrowed, Error> {
    let (where_clause, values) = where_clause(context, entity, query, SearchBy::Table).await?;
    Ok(Narrowed { where_clause, values, source: Source::default() })
}

fn asked<'c>(context: &'c Context, entity: &Entity, search: &Search) -> Option<(&'c TrigramIndex, Vec<String>)> {
    let index = context.trigram_index(entity)?;
    let asked = index.asked(search);
    (!asked.is_empty()).then_some((index, asked))
}

fn texts(texts: &[String]) -> Vec<BindValue> {
    texts.iter().map(|text| (Kind::Text, Value::Text(text.clone()))).collect()
}
