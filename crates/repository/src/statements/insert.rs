//! `insert into …`.

use partbook_database::Dialect;
use partbook_domain::{Field, Kind};

/// `insert into …` of these columns, further columns for ids, and both timestamps.
pub(crate) fn insert<'a>(
    dialect: Dialect,
    table: &str,
    fields: impl Iterator<Item = &'a Field>,
    ids: &[&str],
) -> String {
    let columns = fields.map(|field| (field.column(), field.kind));
    let columns = columns.chain(ids.iter().map(|id| (*id, Kind::Int)));
    let columns = columns.chain([("created_at", Kind::Time), ("updated_at", Kind::Time)]);
    let numbered = columns.enumerate().map(|(index, (name, kind))| (name, dialect.placeholder(kind, index + 1)));
    let (names, values): (Vec<&str>, Vec<String>) = numbered.unzip();
    format!("insert into {table} ({}) values ({})", names.join(", "), values.join(", "))
}
