//! The columns by which the rows of a table are told apart, null equal to null.

use partbook_domain::{Entity, Kind};

use crate::snapshot::{Snapshot, entities};

/// The columns that no two rows of a table may share.
pub(crate) struct Key {
    pub(crate) table: &'static str,
    pub(crate) columns: Vec<&'static str>,
    /// The order in which rows are kept when there are several, the first one.
    pub(crate) order: String,
}

/// The keys of the tables and columns that are there.
pub(crate) fn keys(snapshot: &Snapshot) -> Vec<Key> {
    let mut keys = Vec::new();
    for entity in entities() {
        if let Some(columns) = entity.natural_key() {
            keys.push(Key { table: entity.name, columns, order: order(entity) });
        }
        for field in entity.fields {
            if let Kind::Children(children) = field.kind
                && !children.key.is_empty()
            {
                let mut columns = vec![children.parent];
                columns.extend(children.key);
                keys.push(Key { table: children.table, columns, order: "id".to_owned() });
            }
        }
    }
    keys.retain(|key| snapshot.has(key.table, &key.columns) && snapshot.has(key.table, &["id"]));
    keys
}

/// A row with the flag that one row carries goes before others, one that is not marked as deleted likewise; then the oldest.
pub(crate) fn order(entity: &Entity) -> String {
    let column = |name: &str| entity.field(name).map(|(_, field)| field.column());
    let flag = entity.exclusive_flag.and_then(column).map(|flag| format!("case when {flag} then 0 else 1 end, "));
    let deleted = entity.deletion_time.and_then(column);
    let deleted = deleted.map(|time| format!("case when {time} is null then 0 else 1 end, "));
    format!("{}{}id", flag.unwrap_or_default(), deleted.unwrap_or_default())
}
