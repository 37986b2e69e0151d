//! Search and filters as a `where` clause (contract section 3).

use partbook_database::{BindValue, ids};
use partbook_domain::query::{Filter, ListQuery};
use partbook_domain::{Entity, Kind, Value, clean_name};

use crate::context::Context;
use crate::error::Error;

/// Which rows the condition of a search is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SearchBy {
    /// All rows of the table.
    Table,
    /// Few rows, each by itself.
    Row,
}

/// The `where` clause of a query, empty where every row is asked for, and the values that it binds.
pub(super) async fn where_clause(
    context: &Context,
    entity: &Entity,
    query: &ListQuery,
    by: SearchBy,
) -> Result<(String, Vec<BindValue>), Error> {
    let dialect = context.dialect;
    let column = |name: &str| format!("{}.{name}", entity.name);
    let mut values: Vec<BindValue> = Vec::new();
    let mut conditions = Vec::new();
    if let Some(search) = &query.search {
        conditions.push(context.search(entity).condition(search, &mut values, by == SearchBy::Row));
    }
    for filter in &query.filters {
        let mut parameter = |kind: Kind, value: &Value| {
            values.push((kind, value.clone()));
            // A word that a legacy enum type lacks is simply not found.
            let kind = if matches!(kind, Kind::Enum(_)) { Kind::Text } else { kind };
            dialect.placeholder(kind, values.len())
        };
        conditions.push(match filter {
            Filter::AnyOf(field, any) => {
                let parameters: Vec<String> = any.iter().map(|value| parameter(field.kind, value)).collect();
                let equal = format!("{} in ({})", dialect.read(field.kind, &column(field.name)), parameters.join(", "));
                let alike = if entity.cleans(field) { look_alikes(context, entity, any).await? } else { Vec::new() };
                if alike.is_empty() {
                    equal
                } else {
                    values.push(ids(&alike));
                    format!("({equal} or {})", dialect.is_among(&column("id"), values.len()))
                }
            }
            Filter::Min(field, value) => format!("{} >= {}", column(field.name), parameter(field.kind, value)),
            Filter::Max(field, value) => format!("{} <= {}", column(field.name), parameter(field.kind, value)),
        });
    }
    if conditions.is_empty() {
        return Ok((String::new(), values));
    }
    Ok((format!(" where {}", conditions.join(" and ")), values))
}

/// The rows whose names are not clean and would be one of these if they were.
async fn look_alikes(context: &Context, entity: &Entity, names: &[Value]) -> Result<Vec<i64>, Error> {
    let Some(statement) = &context.statements(entity).unclean_names else { return Ok(Vec::new()) };
    let rows = context.database.rows(statement, Vec::new(), &[Kind::Int, Kind::Text]).await?;
    let is_asked_for = |name: &Value| names.contains(&Value::Text(clean_name(name.as_text().unwrap_or_default())));
    Ok(rows.iter().filter(|row| is_asked_for(&row[1])).filter_map(|row| row[0].as_int()).collect())
}
