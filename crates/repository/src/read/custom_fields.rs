//! The fields that the legacy service's users defined (contract section 5).

use partbook_database::Statement;
use partbook_domain::{Entity, Kind, Value};

use crate::context::Context;
use crate::error::Error;
use crate::statements::tables::CUSTOM_FIELDS;

/// A field that the legacy service's users defined.
#[derive(Clone, Debug)]
pub struct CustomField {
    /// Its columns: id, key, label, `data_type`, required, `is_locked`, description, options, `is_active`.
    pub columns: [Value; 9],
}

const COLUMNS: [(&str, Kind); 9] = [
    ("id", Kind::Int),
    ("key", Kind::Text),
    ("label", Kind::Text),
    ("data_type", Kind::Text),
    ("required", Kind::Bool),
    ("is_locked", Kind::Bool),
    ("description", Kind::Text),
    ("options", Kind::AnyJson),
    ("is_active", Kind::Bool),
];

/// The custom fields of an entity, in their display order; none on a schema without them.
pub(crate) async fn custom_fields(context: &Context, entity: &Entity) -> Result<Vec<CustomField>, Error> {
    if !context.has_custom_fields {
        return Ok(Vec::new());
    }
    let columns = COLUMNS.map(|(column, kind)| context.dialect.read(kind, column));
    let sql = format!(
        "select {} from {CUSTOM_FIELDS} where entity = $1 and deleted_at is null order by display_order, id",
        columns.join(", ")
    );
    let name = (Kind::Text, Value::Text(entity.name.to_owned()));
    let kinds = COLUMNS.map(|(_, kind)| kind);
    let rows = context.database.rows(&Statement::select(CUSTOM_FIELDS, sql), vec![name], &kinds).await?;
    Ok(rows.into_iter().filter_map(|row| Some(CustomField { columns: row.try_into().ok()? })).collect())
}
