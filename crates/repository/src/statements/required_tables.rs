//! The tables, columns and keys that the statements rely on.

use partbook_database::catalogue::{RequiredColumn, RequiredTable};
use partbook_domain::{Children, Field, Kind, registry};

use super::stored_responses;

/// Every table and column that the service reads or writes, and the keys that no two rows may share: what a database must
/// have (contract section 9). Our own are those of our own schema; a legacy database has none of them.
#[must_use]
pub fn required_tables() -> Vec<RequiredTable> {
    let mut tables = vec![stored_responses::required()];
    for entity in registry() {
        let fields = || entity.fields.iter().chain(entity.read_only).chain(entity.hidden);
        let mut columns = stamped(RequiredColumn::new);
        columns.extend(stored(fields()).map(|field| RequiredColumn::new(field.column(), field.kind)));
        let unique_keys = [Some(vec!["id"]), entity.natural_key()].into_iter().flatten().collect();
        tables.push(RequiredTable { name: entity.name, is_own: false, columns, unique_keys });
        tables.extend(fields().filter_map(|field| match field.kind {
            Kind::Children(children) => Some(child_table(children)),
            _ => None,
        }));
        let through = entity.references.iter().filter_map(|reference| reference.through.as_ref());
        tables.extend(through.map(|through| {
            let columns = [through.owner, through.target].map(|name| RequiredColumn::member(name, Kind::Int)).to_vec();
            RequiredTable { name: through.table, is_own: false, columns, unique_keys: Vec::new() }
        }));
    }
    tables
}

/// Child rows are read as members of JSON.
fn child_table(children: &Children) -> RequiredTable {
    let mut columns = stamped(RequiredColumn::member);
    columns.push(RequiredColumn::member(children.parent, Kind::Int));
    columns.extend(stored(children.fields.iter()).map(|field| RequiredColumn::member(field.column(), field.kind)));
    RequiredTable { name: children.table, is_own: false, columns, unique_keys: vec![vec!["id"]] }
}

fn stamped(column: impl Fn(&'static str, Kind) -> RequiredColumn) -> Vec<RequiredColumn> {
    [("id", Kind::Int), ("created_at", Kind::Time), ("updated_at", Kind::Time)]
        .map(|(name, kind)| column(name, kind))
        .to_vec()
}

/// The fields that have a column.
fn stored<'a>(fields: impl Iterator<Item = &'a Field>) -> impl Iterator<Item = &'a Field> {
    fields.filter(|field| !matches!(field.kind, Kind::Children(_) | Kind::Absent))
}
