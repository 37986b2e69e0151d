//! The tables and columns that the statements name.

use partbook_domain::{Field, Kind, registry};

/// Every table and column that the service reads or writes: what a legacy schema must have (contract section 9).
#[must_use]
pub fn required_columns() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut tables: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    let stamped = || vec!["id", "created_at", "updated_at"];
    for entity in registry() {
        let mut columns = stamped();
        for field in entity.fields.iter().chain(entity.read_only).chain(entity.hidden) {
            match field.kind {
                Kind::Children(children) => {
                    let mut child = stamped();
                    child.push(children.parent);
                    let kept = children.fields.iter().filter(|field| !matches!(field.kind, Kind::Absent));
                    child.extend(kept.map(Field::column));
                    tables.push((children.table, child));
                }
                _ => columns.push(field.column()),
            }
        }
        let through = entity.references.iter().filter_map(|reference| reference.through.as_ref());
        tables.extend(through.map(|through| (through.table, vec![through.owner, through.target])));
        tables.push((entity.name, columns));
    }
    tables
}
