//! Natural keys, as bodies have them and as SQL does.

use serde_json::{Map, Value};

use partbook_test_support::contract::{Entity, catalog};

/// What of a natural key is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Everything.
    Whole,
    /// All but one column: the legacy unique index does not see such duplicates.
    OneNull,
    /// As little as a body may give.
    Sparse,
}

/// A kind of natural key.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) entity: &'static Entity,
    shape: Shape,
}

/// The kinds of keys of which two rows cannot agree, whoever writes them. Without `nulls` they are those that a legacy
/// schema knows.
pub(super) fn keys(of: impl Fn(&Entity) -> bool, nulls: bool) -> Vec<Key> {
    let shapes = |entity: &'static Entity| {
        let is_one = !entity.get_or_create || !nulls;
        let shapes = [Shape::Whole, Shape::OneNull, Shape::Sparse].into_iter().take(if is_one { 1 } else { 3 });
        shapes.map(move |shape| Key { entity, shape })
    };
    catalog().into_iter().filter(|entity| of(entity)).flat_map(shapes).collect()
}

/// What a race calls them.
pub(super) fn names(keys: &[Key]) -> Vec<String> {
    keys.iter().map(|key| format!("{} {:?}", key.entity.name, key.shape)).collect()
}

impl Key {
    /// The `n`th body with such a key; different numbers, different keys.
    pub(super) fn body(self, n: usize) -> Value {
        let entity = self.entity;
        let n = u32::try_from(n % 2_000).expect("a small number");
        let mut body = if self.shape == Shape::Sparse { (entity.minimal)(n) } else { (entity.full)(n) };
        if self.shape == Shape::OneNull {
            let is_optional = |field: &&&str| {
                let limit = entity.limits().find(|limit| limit.field == **field).expect("a field");
                // Without a total one is worked out.
                !limit.required && **field != "total_capacity_gb"
            };
            let field = entity.natural_key.iter().rev().find(is_optional).expect("a field that may be null");
            body[*field] = Value::Null;
        }
        body
    }

    /// The fields of the `n`th key alone.
    pub(super) fn fields(self, n: usize) -> Value {
        let body = self.body(n);
        let fields = self.entity.natural_key.iter().map(|field| ((*field).to_owned(), body[*field].clone()));
        Value::Object(fields.collect::<Map<_, _>>())
    }

    /// Which rows have the `n`th key, in SQL.
    pub(super) fn is(self, n: usize) -> String {
        let columns = self.columns(n).into_iter().map(|(field, value)| format!("{field} is not distinct from {value}"));
        columns.collect::<Vec<_>>().join(" and ")
    }

    /// The statement with which another program makes a row with the `n`th key.
    pub(super) fn insert(self, n: usize) -> String {
        let entity = self.entity;
        let mut columns = self.columns(n);
        if entity.limits().any(|limit| limit.field == "manufacturer") {
            columns.push(("manufacturer", "'Theirs'".to_owned()));
        }
        if entity.get_or_create {
            columns.push(("attributes_json", "'{}'".to_owned()));
        }
        columns.push((entity.note(), "'by SQL'".to_owned()));
        let (names, values): (Vec<&str>, Vec<String>) = columns.into_iter().unzip();
        format!("insert into {} ({}) values ({})", entity.table, names.join(", "), values.join(", "))
    }

    /// The columns of the `n`th key with their values, in SQL.
    fn columns(self, n: usize) -> Vec<(&'static str, String)> {
        let body = self.body(n);
        let value = |field: &str| match &body[field] {
            Value::Null if ["ddr_generation", "medium"].contains(&field) => "'unknown'".to_owned(),
            Value::String(text) => format!("'{}'", text.replace('\'', "''")),
            value => value.to_string(),
        };
        self.entity.natural_key.iter().map(|field| (*field, value(field))).collect()
    }
}
