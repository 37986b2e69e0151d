//! Search and filters as a `where` clause (contract section 3).

use partbook_database::BindValue;
use partbook_domain::query::{Filter, ListQuery};
use partbook_domain::{Entity, Kind, Value};

use crate::context::Context;

/// The `where` clause of a query, empty where every row is asked for, and the values that it binds.
pub(super) fn where_clause(context: &Context, entity: &Entity, query: &ListQuery) -> (String, Vec<BindValue>) {
    let dialect = context.dialect;
    let column = |name: &str| format!("{}.{name}", entity.name);
    let mut values: Vec<BindValue> = Vec::new();
    let mut conditions = Vec::new();
    if let Some(search) = &query.search {
        conditions.push(context.search(entity).condition(search, &mut values));
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
                format!("{} in ({})", dialect.read(field.kind, &column(field.name)), parameters.join(", "))
            }
            Filter::Min(field, value) => format!("{} >= {}", column(field.name), parameter(field.kind, value)),
            Filter::Max(field, value) => format!("{} <= {}", column(field.name), parameter(field.kind, value)),
        });
    }
    if conditions.is_empty() {
        return (String::new(), values);
    }
    (format!(" where {}", conditions.join(" and ")), values)
}
