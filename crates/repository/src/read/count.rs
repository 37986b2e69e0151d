//! How many rows there are.

use partbook_database::{BindValue, Statement, first_int};
use partbook_domain::query::ListQuery;
use partbook_domain::{Entity, Kind, registry};

use super::narrow::{Narrowed, narrow};
use crate::context::Context;
use crate::error::Error;

/// How many rows a query asks for, its page aside.
pub(crate) async fn count(context: &Context, entity: &'static Entity, query: &ListQuery) -> Result<i64, Error> {
    let Narrowed { where_clause, values, source } = narrow(context, entity, query, false).await?;
    count_among(context, entity, source.rows.as_deref().unwrap_or(entity.name), &where_clause, values).await
}

/// How many rows a `where` clause leaves.
pub(super) async fn count_rows(
    context: &Context,
    entity: &'static Entity,
    where_clause: &str,
    values: Vec<BindValue>,
) -> Result<i64, Error> {
    count_among(context, entity, entity.name, where_clause, values).await
}

async fn count_among(
    context: &Context,
    entity: &'static Entity,
    source: &str,
    where_clause: &str,
    values: Vec<BindValue>,
) -> Result<i64, Error> {
    let sql = format!("select count(*) from {source}{where_clause}");
    let rows = context.database.rows(&Statement::select(entity.name, sql), values, &[Kind::Int]).await?;
    Ok(first_int(&rows).unwrap_or(0))
}

/// How many rows each entity has, in one statement.
pub(crate) async fn row_counts(context: &Context) -> Result<Vec<(&'static Entity, i64)>, Error> {
    let counts: Vec<String> =
        registry().iter().map(|entity| format!("(select count(*) from {})", entity.name)).collect();
    let statement = Statement::control("SELECT", format!("select {}", counts.join(", ")));
    let rows = context.database.rows(&statement, Vec::new(), &vec![Kind::Int; counts.len()]).await?;
    let counts = rows.into_iter().flatten().map(|count| count.as_int().unwrap_or(0));
    Ok(registry().iter().copied().zip(counts).collect())
}

/// Whether no entity has a row yet.
pub(crate) async fn is_empty(context: &Context) -> Result<bool, Error> {
    for entity in registry() {
        let statement = Statement::select(entity.name, format!("select id from {} limit 1", entity.name));
        if !context.database.rows(&statement, Vec::new(), &[Kind::Int]).await?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}
