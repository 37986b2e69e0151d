//! Custom fields: their definitions, and how many rows have a value under their keys (contract section 5).

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use partbook_database::{BindValue, RowValues, Session, Statement, int};
use partbook_domain::entity::custom_field::{CUSTOM_FIELD, extensible};
use partbook_domain::query::FieldsQuery;
use partbook_domain::{Entity, FieldUsage, Kind, Row, Value};

use super::list::{PagedRows, rows_of};
use super::narrow::Source;
use super::selection::Selection;
use crate::context::Context;
use crate::error::Error;

/// The usage of the custom field that a row defines, where so many rows have a value of it.
#[must_use]
pub fn field_usage(row: &Row, total: i64) -> FieldUsage {
    let text = |name| row.value(name).and_then(Value::as_text).unwrap_or_default().to_owned();
    FieldUsage { id: row.id, entity: text("entity"), key: text("key"), total }
}

/// The definitions that a query asks for; none on a schema without them.
pub(crate) fn list(context: &Arc<Context>, query: &FieldsQuery) -> PagedRows {
    if !context.has_custom_fields {
        return stream::empty().boxed();
    }
    let mut values: Vec<BindValue> = Vec::new();
    let mut conditions = Vec::new();
    if let Some(entity) = query.entity {
        values.push((Kind::Text, Value::Text(entity.to_owned())));
        conditions.push(format!("entity = ${}", values.len()));
    }
    if !query.include_inactive {
        values.push((Kind::Bool, Value::Bool(true)));
        conditions.push(format!("is_active = ${}", values.len()));
    }
    if !query.include_deleted {
        conditions.push("deleted_at is null".to_owned());
    }
    let conditions = conditions.join(" and ");
    let where_clause = if conditions.is_empty() { String::new() } else { format!(" where {conditions}") };
    let order = CUSTOM_FIELD.order.to_vec();
    rows_of(
        context,
        &CUSTOM_FIELD,
        Selection { source: Source::default(), where_clause, values, order, limit: None, offset: 0 },
        None,
    )
}

/// How many rows have a value under the key of each custom field, by the field's id; none for one that no row uses. One
/// statement for each entity that has fields.
pub(crate) async fn counts(context: &Context) -> Result<HashMap<i64, i64>, Error> {
    let mut counts = HashMap::new();
    if !context.has_custom_fields {
        return Ok(counts);
    }
    let table = CUSTOM_FIELD.name;
    let statement = Statement::select(table, format!("select distinct entity from {table}"));
    let names = context.database.rows(&statement, Vec::new(), &[Kind::Text]).await?;
    let names: Vec<&str> = names.iter().filter_map(|row| row.first()?.as_text()).collect();
    for entity in extensible().filter(|entity| names.contains(&entity.name)) {
        let (statement, values) = count_statement(context, entity, None);
        let rows = context.database.rows(&statement, values, &[Kind::Int, Kind::Int]).await?;
        counts.extend(rows.iter().filter_map(count));
    }
    Ok(counts)
}

/// How much one custom field is used.
pub(crate) async fn usage_of(context: &Context, session: &mut Session, row: &Row) -> Result<FieldUsage, Error> {
    let mut usage = field_usage(row, 0);
    if let Some(entity) = extensible().find(|entity| entity.name == usage.entity) {
        let (statement, values) = count_statement(context, entity, Some(row.id));
        let counts = session.rows(&statement, values, &[Kind::Int, Kind::Int]).await?;
        usage.total = counts.iter().find_map(count).map_or(0, |(_, total)| total);
    }
    Ok(usage)
}

/// Counts the rows of an entity that have the key of each custom field, or of one.
fn count_statement(context: &Context, entity: &'static Entity, id: Option<i64>) -> (Statement, Vec<BindValue>) {
    let (table, fields) = (entity.name, CUSTOM_FIELD.name);
    let members = context.dialect.members(&format!("{table}.attributes_json"));
    let mut values = vec![(Kind::Text, Value::Text(table.to_owned()))];
    let mut one = String::new();
    if let Some(id) = id {
        values.push(int(id));
        one = format!(" and {fields}.id = $2");
    }
    // A stored object may have a key twice.
    let sql = format!(
        "select {fields}.id, count(distinct {table}.id) from {table} cross join {members} \
         join {fields} on {fields}.entity = $1 and {fields}.key = member.key{one} group by {fields}.id"
    );
    (Statement::select(table, sql), values)
}

fn count(row: &RowValues) -> Option<(i64, i64)> {
    row.first()?.as_int().zip(row.get(1)?.as_int())
}
