//! A stored row, and how an answer shows it.

use super::{Timestamp, Value, json_reader};
use crate::entity::Entity;
use crate::model::computed::{FirstText, Source};

/// A stored row of an entity, with the rows it points at.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is a row of.
    pub entity: &'static Entity,
    /// Its id.
    pub id: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The writable fields, in the order of [`Entity::fields`].
    pub values: Vec<Value>,
    /// The further columns, in the order of [`Entity::read_only`].
    pub read_only: Vec<Value>,
    /// The columns not shown, in the order of [`Entity::hidden`].
    pub hidden: Vec<Value>,
    /// The rows pointed at, in the order of those [`Entity::references`] that are shown.
    pub nested: Vec<Option<Row>>,
}

impl Row {
    /// The value of a column, shown or not.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        let entity = self.entity;
        let fields = entity.fields.iter().chain(entity.read_only).chain(entity.hidden);
        let values = self.values.iter().chain(&self.read_only).chain(&self.hidden);
        fields.zip(values).find(|(field, _)| field.name == name).map(|(_, value)| value)
    }

    /// How long the texts and documents of the row are, bytes.
    #[must_use]
    pub fn text_length(&self) -> usize {
        self.values.iter().map(|value| value.as_text().map_or(0, str::len)).sum()
    }

    /// The row pointed at that answers show under this name.
    #[must_use]
    pub fn nested(&self, name: &str) -> Option<&Row> {
        let shown = self.entity.references.iter().filter_map(|reference| reference.nested);
        shown.zip(&self.nested).find(|(shown, _)| *shown == name).and_then(|(_, row)| row.as_ref())
    }

    /// A member that no column holds.
    fn computed(&self, source: &Source) -> Value {
        match source {
            Source::Nested(nested, field) => self.nested(nested).and_then(|row| row.value(field)).cloned(),
            Source::FirstText(places) => places.iter().find_map(|place| self.first_text(place)).map(Value::Text),
        }
        .unwrap_or(Value::Null)
    }

    /// Reads the document one level deep only: it is whatever an importer stored.
    fn first_text(&self, place: &FirstText) -> Option<String> {
        let document = self.value(place.column)?.as_text()?;
        let members = json_reader::split(document)?;
        let text = |key: &&str| serde_json::from_str::<String>(members.get(*key)?).ok();
        place.keys.iter().filter_map(text).find(|text| !text.is_empty())
    }

    /// Appends the row as answers show it (contract sections 1 and 4).
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"id\":");
        Value::Int(self.id).write_json(out);
        let entity = self.entity;
        let own = entity.fields.iter().chain(entity.read_only).zip(self.values.iter().chain(&self.read_only));
        for (field, value) in own {
            member(out, field.name, |out| value.write_json(out));
            if entity.shows_aliases {
                for (alias, _) in entity.aliases.iter().filter(|(_, name)| *name == field.name) {
                    member(out, alias, |out| value.write_json(out));
                }
            }
        }
        for computed in entity.computed {
            member(out, computed.name, |out| self.computed(&computed.source).write_json(out));
        }
        let shown = entity.references.iter().filter_map(|reference| reference.nested);
        for (name, row) in shown.zip(&self.nested) {
            member(out, name, |out| match row {
                Some(row) => row.write_json(out),
                None => Value::Null.write_json(out),
            });
        }
        member(out, "created_at", |out| Value::Time(self.created_at).write_json(out));
        member(out, "updated_at", |out| Value::Time(self.updated_at).write_json(out));
        out.push(b'}');
    }
}

fn member(out: &mut Vec<u8>, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    value(out);
}
