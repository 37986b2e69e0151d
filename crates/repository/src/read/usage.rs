//! The listings that use a row, and whether anything does (contract section 2, DELETE).

use std::sync::Arc;

use futures_util::StreamExt as _;
use partbook_database::{Session, Statement, first_int, int};
use partbook_domain::entity::listing::LISTING;
use partbook_domain::query::PageQuery;
use partbook_domain::{Entity, Kind, Refusal, Value};

use super::count::count_rows;
use super::list::{PagedRows, rows_of};
use super::narrow::Source;
use super::selection::Selection;
use crate::context::Context;
use crate::error::Error;

/// How many of the listings a refused delete names.
const MAX_LISTED: u32 = 20;

/// The listings that use a row that is there, newest first.
pub(crate) fn listings(context: &Arc<Context>, entity: &'static Entity, id: i64, page: &PageQuery) -> PagedRows {
    let Some(uses) = context.usage(entity).listings() else { return futures_util::stream::empty().boxed() };
    let (where_clause, order) = (format!(" where ({uses})"), vec![entity.usage_order]);
    let (limit, offset) = (Some(page.limit), page.offset);
    let selection = Selection { source: Source::default(), where_clause, values: vec![int(id)], order, limit, offset };
    rows_of(context, &LISTING, selection, page.cursor.clone())
}

/// How many listings use a row.
pub(crate) async fn count_listings(context: &Context, entity: &'static Entity, id: i64) -> Result<i64, Error> {
    match context.usage(entity).listings() {
        Some(uses) => count_rows(context, &LISTING, &format!(" where {uses}"), vec![int(id)]).await,
        None => Ok(0),
    }
}

/// Refuses when the row, which `session` holds locked, is in use.
pub(crate) async fn refuse_if_used(
    context: &Context,
    session: &mut Session,
    entity: &'static Entity,
    id: i64,
) -> Result<(), Error> {
    let usage = context.usage(entity);
    if let Some(uses) = usage.listings() {
        let table = LISTING.name;
        let count = Statement::select(table, format!("select count(*) from {table} where {uses}"));
        let count = number(session, &count, id).await?;
        if count > 0 {
            let order = context.statements(&LISTING).order_by(&[entity.usage_order]);
            let sql = format!("select id, title from {table} where {uses} order by {order} limit {MAX_LISTED}");
            let rows = session.rows(&Statement::select(table, sql), vec![int(id)], &[Kind::Int, Kind::Text]).await?;
            let listed = rows.into_iter().filter_map(|row| match row.as_slice() {
                [Value::Int(id), title] => Some((*id, title.as_text().unwrap_or_default().to_owned())),
                _ => None,
            });
            return Err(Refusal::used_by_listings(entity, count, listed.collect()).into());
        }
    }
    for other in &usage.others {
        let label = entity.delete_label;
        let detail = match &other.count {
            Some(count) => match number(session, count, id).await? {
                0 => continue,
                count => format!("Cannot delete {label}: used by {count} row(s) of {}", other.name),
            },
            // Deleting blindly could null a reference there.
            None => format!("Cannot delete {label}: {} may use it, and the service has no right to look", other.name),
        };
        return Err(Refusal::must_stay(detail).into());
    }
    Ok(())
}

async fn number(session: &mut Session, count: &Statement, id: i64) -> Result<i64, Error> {
    let rows = session.rows(count, vec![int(id)], &[Kind::Int]).await?;
    Ok(first_int(&rows).unwrap_or(0))
}
