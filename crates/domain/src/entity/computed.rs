//! Members of an answer that are taken from its other parts.

use indexmap::IndexMap;
use serde_json::value::RawValue;

use crate::{Kind, Row, Value};

/// A member that no column holds.
#[derive(Debug)]
pub struct Computed {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Where it comes from.
    pub source: Source,
}

/// Where a computed member comes from.
#[derive(Debug)]
pub enum Source {
    /// A field of a nested row.
    Nested(&'static str, &'static str),
    /// The first text that is there.
    FirstText(&'static [FirstText]),
}

/// A JSON column and the keys to try in it.
#[derive(Debug)]
pub struct FirstText {
    /// The column.
    pub column: &'static str,
    /// The keys, the best first.
    pub keys: &'static [&'static str],
}

impl Computed {
    pub(crate) fn value(&self, row: &Row) -> Value {
        match &self.source {
            Source::Nested(nested, field) => row.nested(nested).and_then(|row| row.value(field)).cloned(),
            Source::FirstText(places) => places.iter().find_map(|place| place.find(row)).map(Value::Text),
        }
        .unwrap_or(Value::Null)
    }
}

impl FirstText {
    /// Reads the document one level deep only: it is whatever an importer stored.
    fn find(&self, row: &Row) -> Option<String> {
        let document = row.value(self.column)?.as_text()?;
        let members: IndexMap<String, &RawValue> = serde_json::from_str(document).ok()?;
        let text = |key: &&str| serde_json::from_str::<String>(members.get(*key)?.get()).ok();
        self.keys.iter().filter_map(text).find(|text| !text.is_empty())
    }
}
