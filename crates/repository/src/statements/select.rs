//! `select …`: the columns of an entity and of the rows that it points at, and rows made of them.

use std::collections::HashMap;

use partbook_database::{Dialect, RowValues};
use partbook_domain::{Entity, Kind, Reference, Row, Timestamp, Value};

use super::Statements;

impl Statements {
    /// Rows from the columns of [`Self::select`], by their ids.
    pub(crate) fn rows_by_id(&self, rows: Vec<RowValues>) -> HashMap<i64, Row> {
        rows.into_iter().map(|columns| self.row(columns)).map(|row| (row.id, row)).collect()
    }

    /// A row from the columns of [`Self::select`].
    pub(crate) fn row(&self, columns: RowValues) -> Row {
        let mut columns = columns.into_iter();
        let mut row = read_row(self.entity, &mut columns).expect("a row that was found has an id");
        row.nested = shown(self.entity).map(|(reference, _)| read_row(reference.target, &mut columns)).collect();
        row
    }
}

/// The references whose rows answers show, with the names they are shown under.
pub(super) fn shown(entity: &'static Entity) -> impl Iterator<Item = (&'static Reference, &'static str)> {
    entity.references.iter().filter_map(|reference| Some((reference, reference.nested?)))
}

pub(super) fn read_columns(dialect: Dialect, entity: &Entity, alias: &str, columns: &mut Vec<(String, Kind)>) {
    columns.push((format!("{alias}.id"), Kind::Int));
    let times = ["created_at", "updated_at"].map(|time| dialect.read(Kind::Time, &format!("{alias}.{time}")));
    columns.extend(times.map(|time| (time, Kind::Time)));
    for field in entity.fields.iter().chain(entity.read_only).chain(entity.hidden) {
        let text = match field.kind {
            Kind::Children(children) => dialect.children(children, &format!("{alias}.id")),
            kind => dialect.read(kind, &format!("{alias}.{}", field.column())),
        };
        columns.push((text, field.kind));
    }
}

/// Takes one entity's columns; none where a join found nothing.
fn read_row(entity: &'static Entity, columns: &mut impl Iterator<Item = Value>) -> Option<Row> {
    let id = columns.next().and_then(|id| id.as_int());
    // What another program stored and is no time reads as the beginning of time: the row stays readable, and editable.
    let mut time = || if let Some(Value::Time(time)) = columns.next() { time } else { Timestamp::default() };
    let (created_at, updated_at) = (time(), time());
    let values = columns.by_ref().take(entity.fields.len()).collect();
    let read_only = columns.by_ref().take(entity.read_only.len()).collect();
    let hidden = columns.by_ref().take(entity.hidden.len()).collect();
    Some(Row { entity, id: id?, created_at, updated_at, values, read_only, hidden, nested: Vec::new() })
}
