//! Rows of a child table that an entity shows, and may write, as one of its own fields.

use crate::{Fault, Field, Fields, Json, Pointer, Value, json};

/// A child table.
#[derive(Debug)]
pub struct Children {
    /// The table.
    pub table: &'static str,
    /// Its column with the id of the owner.
    pub parent: &'static str,
    /// The name of the struct, which the schemas of the API document carry.
    pub type_name: &'static str,
    /// The columns shown beside id and timestamps.
    pub fields: &'static [Field],
    /// The columns by which two children of one owner are told apart; null equals null.
    pub key: &'static [&'static str],
    /// The values of a child in which nothing is given.
    pub defaults: fn() -> Vec<Value>,
    /// The fields that break their limits.
    pub judge: fn(Vec<Value>) -> Vec<String>,
}

impl Children {
    /// Children that clients write, with the fields of `T`.
    #[must_use]
    pub const fn of<T: Fields>(
        table: &'static str,
        parent: &'static str,
        type_name: &'static str,
        key: &'static [&'static str],
    ) -> Self {
        let defaults = || T::default().into_values();
        Self { table, parent, type_name, fields: T::FIELDS, key, defaults, judge: super::breaches::<T> }
    }

    /// Children that answers show and nobody writes here.
    #[must_use]
    pub const fn read_only(
        table: &'static str,
        parent: &'static str,
        type_name: &'static str,
        fields: &'static [Field],
    ) -> Self {
        Self { table, parent, type_name, fields, key: &[], defaults: Vec::new, judge: |_| Vec::new() }
    }

    /// The values of each child in a document of them.
    #[must_use]
    pub fn rows(&self, document: Option<&Value>) -> Vec<(Option<i64>, Vec<Value>)> {
        let text = document.and_then(Value::as_text).unwrap_or("[]");
        let Ok(Json::Array(items)) = json::parse(text.as_bytes()) else { return Vec::new() };
        let row = |item: &Json| {
            let member = |name: &str| item.as_object().and_then(|members| members.get(name));
            let values = self.fields.iter().map(|field| match member(field.name) {
                Some(Json::Number(_)) if matches!(field.kind, crate::Kind::Int) => {
                    member(field.name).and_then(Json::as_integer).map_or(Value::Null, Value::Int)
                }
                Some(Json::String(text)) => Value::Text(text.clone()),
                _ => Value::Null,
            });
            (member("id").and_then(Json::as_integer), values.collect())
        };
        items.iter().map(row).collect()
    }

    /// The values by which a child is matched with a stored one.
    #[must_use]
    pub fn key_of<'a>(&self, values: &'a [Value]) -> Vec<&'a Value> {
        let in_key = |field: &&Field| self.key.contains(&field.name);
        self.fields.iter().zip(values).filter(|(field, _)| in_key(field)).map(|(_, value)| value).collect()
    }

    /// Reads the children that a body gives; one that is stored just so is not judged.
    pub(crate) fn parse(&self, items: &[Json], stored: Option<&Value>, pointer: &Pointer) -> Result<Value, Vec<Fault>> {
        let stored = self.rows(stored);
        let mut faults = Vec::new();
        let mut rows: Vec<Vec<Value>> = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let at = pointer.item(index);
            let Json::Object(members) = item else {
                faults.push(Fault::new(at, "type", format!("must be an object, not {}", item.type_name())));
                continue;
            };
            let found = faults.len();
            // Sent back as it was shown, with its id: then only what differs is judged.
            let id = members.get("id").and_then(Json::as_integer);
            let base = stored.iter().find(|(known, _)| known.is_some() && *known == id).map(|(_, values)| values);
            let mut values = (self.defaults)();
            for (index, (field, value)) in self.fields.iter().zip(&mut values).enumerate() {
                let at = at.child(field.name);
                let base = base.map(|base| &base[index]);
                match members.get(field.name) {
                    Some(given) if base.is_some_and(|base| base.equals_json(given)) => {
                        value.clone_from(base.unwrap_or(&Value::Null));
                    }
                    None | Some(Json::Null) if field.required => faults.push(Fault::new(at, "required", "is required")),
                    None | Some(Json::Null) => {}
                    Some(given) => match field.kind.parse(field, given, false, None) {
                        Ok(parsed) => *value = parsed,
                        Err(wrong) => {
                            faults.extend(wrong.into_iter().map(|fault| Fault { pointer: at.clone(), ..fault }));
                        }
                    },
                }
            }
            if !stored.iter().any(|(_, known)| *known == values) {
                let wrong: Vec<Pointer> = faults[found..].iter().map(|fault| fault.pointer.clone()).collect();
                for field in breached(self.fields, (self.judge)(values.clone())) {
                    let at = at.child(field.name);
                    let index = self.fields.iter().position(|known| known.name == field.name);
                    let is_stored = base.zip(index).is_some_and(|(base, index)| base[index] == values[index]);
                    if !is_stored && !wrong.contains(&at) {
                        let (code, detail) = field.limits.describe();
                        faults.push(Fault::new(at, code, detail));
                    }
                }
            }
            // As many with one key as are stored: an old row may hold what the legacy index did not see.
            let same = |row: &Vec<Value>| self.key_of(row) == self.key_of(&values);
            let before = rows.iter().filter(|row| same(row)).count();
            let known = stored.iter().filter(|(_, row)| same(row)).count();
            if faults.len() == found && before >= known.max(1) {
                let detail = format!("repeats the {} of an item before it", self.key.join(" and "));
                faults.push(Fault::new(at, "duplicate_item", detail));
            }
            rows.push(values);
        }
        if faults.is_empty() { Ok(self.document(&rows)) } else { Err(faults) }
    }

    /// Whether two documents hold the same children, ids and order aside.
    #[must_use]
    pub fn same(&self, a: &Value, b: &Value) -> bool {
        let sorted = |document| {
            let mut rows: Vec<String> =
                self.rows(Some(document)).iter().map(|(_, values)| format!("{values:?}")).collect();
            rows.sort();
            rows
        };
        sorted(a) == sorted(b)
    }

    fn document(&self, rows: &[Vec<Value>]) -> Value {
        let mut out = Vec::new();
        out.push(b'[');
        for (index, row) in rows.iter().enumerate() {
            out.extend_from_slice(if index > 0 { b",{" } else { b"{" });
            for (place, (field, value)) in self.fields.iter().zip(row).enumerate() {
                out.extend_from_slice(if place > 0 { b",\"" } else { b"\"" });
                out.extend_from_slice(field.name.as_bytes());
                out.extend_from_slice(b"\":");
                value.write_json(&mut out);
            }
            out.push(b'}');
        }
        out.push(b']');
        Value::Json(String::from_utf8(out).expect("JSON written from text is text"))
    }
}

/// The fields among those named, in their own order.
pub(crate) fn breached(fields: &'static [Field], names: Vec<String>) -> impl Iterator<Item = &'static Field> {
    fields.iter().filter(move |field| names.iter().any(|name| name == field.name))
}
