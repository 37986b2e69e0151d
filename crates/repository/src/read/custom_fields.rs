//! Custom fields: their definitions, and how many rows have a value under their keys (contract section 5).

use std::sync::Arc;

use partbook_database::{BindValue, RowValues, Session, Statement, int};
use partbook_domain::entity::custom_field::{CUSTOM_FIELD, extensible};
use partbook_domain::query::FieldsQuery;
use partbook_domain::{Entity, Kind, Row, Value};

use super::list::{NumberedRows, Selection, rows_of};
use crate::context::Context;
use crate::error::Error;

/// How many rows have a value under the key of a custom field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldUsage {
    /// The field's id.
    pub id: i64,
    /// The entity that it belongs to.
    pub entity: String,
    /// The member's name.
    pub key: String,
    /// How many rows have the member.
    pub total: i64,
}

/// The custom fields of an entity that are not deleted, in their display order; none on a schema without them.
pub(crate) async fn custom_fields(context: &Context, entity: &Entity) -> Result<Vec<Row>, Error> {
    if !context.has_custom_fields {
        return Ok(Vec::new());
    }
    let statements = context.statements(&CUSTOM_FIELD);
    let order = statements.order_by(CUSTOM_FIELD.order);
    let sql = format!("{} where entity = $1 and deleted_at is null order by {order}", statements.select);
    let name = (Kind::Text, Value::Text(entity.name.to_owned()));
    let statement = Statement::select(CUSTOM_FIELD.name, sql);
    let rows = context.database.rows(&statement, vec![name], statements.kinds).await?;
    Ok(rows.into_iter().map(|columns| statements.row(columns)).collect())
}

/// The definitions that a query asks for.
pub(crate) fn list(context: &Arc<Context>, query: &FieldsQuery) -> NumberedRows {
    let mut values: Vec<BindValue> = Vec::new();
    let mut conditions = Vec::new();
    if let Some(entity) = &query.entity {
        values.push((Kind::Text, Value::Text(entity.clone())));
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
    rows_of(context, &CUSTOM_FIELD, Selection { where_clause, values, order, limit: None, offset: 0 })
}

/// How much each custom field is used. One statement for each entity that has some.
pub(crate) async fn usage(context: &Context) -> Result<Vec<FieldUsage>, Error> {
    if !context.has_custom_fields {
        return Ok(Vec::new());
    }
    let table = CUSTOM_FIELD.name;
    let sql = format!("select id, entity, key from {table} order by entity, display_order, id");
    let kinds = [Kind::Int, Kind::Text, Kind::Text];
    let rows = context.database.rows(&Statement::select(table, sql), Vec::new(), &kinds).await?;
    let mut usage: Vec<FieldUsage> = rows.into_iter().filter_map(unused).collect();
    for entity in extensible() {
        if !usage.iter().any(|field| field.entity == entity.name) {
            continue;
        }
        let (statement, values) = count_statement(context, entity, None);
        let counts = context.database.rows(&statement, values, &[Kind::Int, Kind::Int]).await?;
        let counts: std::collections::HashMap<i64, i64> = counts.iter().filter_map(count).collect();
        for field in &mut usage {
            field.total += counts.get(&field.id).copied().unwrap_or_default();
        }
    }
    Ok(usage)
}

/// How much one custom field is used.
pub(crate) async fn usage_of(context: &Context, session: &mut Session, row: &Row) -> Result<FieldUsage, Error> {
    let text = |name| row.value(name).and_then(Value::as_text).unwrap_or_default().to_owned();
    let (name, key) = (text("entity"), text("key"));
    let mut total = 0;
    if let Some(entity) = extensible().find(|entity| entity.name == name) {
        let (statement, values) = count_statement(context, entity, Some(row.id));
        let counts = session.rows(&statement, values, &[Kind::Int, Kind::Int]).await?;
        total = counts.iter().find_map(count).map_or(0, |(_, total)| total);
    }
    Ok(FieldUsage { id: row.id, entity: name, key, total })
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

fn unused(row: RowValues) -> Option<FieldUsage> {
    let mut values = row.into_iter();
    let id = values.next()?.as_int()?;
    let mut text = || values.next().and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default();
    Some(FieldUsage { id, entity: text(), key: text(), total: 0 })
}
