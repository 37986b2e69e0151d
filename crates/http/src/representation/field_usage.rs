//! How much a custom field is used, as answers show it.

use partbook_domain::FieldUsage;
use serde_json::{Value, json};

pub(crate) fn usage_json(FieldUsage { id, entity, key, total }: &FieldUsage) -> Value {
    json!({ "field_id": id, "entity": entity, "key": key, "total": total, "counts": { entity.as_str(): total } })
}
