//! A field: its name, kind and limits, stated once and read by validation, SQL, the API document and the metadata screen.
//!
//! Fields, kinds and child tables stand in one file because they contain each other: a field may hold child rows, whose
//! columns are fields again.

use super::enumeration::Enumeration;
use super::limits::Limits;
use crate::value::Value;

/// One field of an entity.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name on the wire.
    pub name: &'static str,
    /// What it is, with its unit: the first line is fit for a form.
    pub doc: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether a new row must have it.
    pub required: bool,
    /// Whether answers may show null.
    pub nullable: bool,
    /// The limits on its value.
    pub limits: Limits,
}

impl Field {
    /// Describes a struct's field. Called by `resource!`.
    #[must_use]
    pub const fn new(name: &'static str, doc: &'static str, kind: Kind, nullable: bool, required: bool) -> Self {
        Self { name: unraw(name), doc: doc.trim_ascii(), kind, required, nullable, limits: Limits::NONE }
    }

    /// A member that only answers have, and that may be null.
    #[must_use]
    pub const fn read_only(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, doc, kind, required: false, nullable: true, limits: Limits::NONE }
    }

    /// States a range of numbers; the name is that of the `validator` rule.
    #[must_use]
    pub const fn range(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// States a range of lengths; the name is that of the `validator` rule.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small literals")]
    pub const fn length(self, limits: Limits) -> Self {
        let Limits { min, max, .. } = limits;
        let min_length = if let Some(min) = min { Some(min as u32) } else { None };
        let max_length = if let Some(max) = max { Some(max as u32) } else { None };
        Self { limits: Limits { min_length, max_length, ..Limits::NONE }, ..self }
    }

    /// The column's name: that of the field, but for two.
    #[must_use]
    pub fn column(&self) -> &'static str {
        match self.name {
            "attributes" => "attributes_json",
            "validation" => "validation_json",
            name => name,
        }
    }
}

/// `r#type` is called `type`.
const fn unraw(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text.
    Text,
    /// A 32-bit integer.
    Int,
    /// A double.
    Float,
    /// A boolean.
    Bool,
    /// An instant.
    Time,
    /// An http or https address.
    Url,
    /// A word of a closed set.
    Enum(&'static Enumeration),
    /// A JSON object of the caller's own keys.
    Object,
    /// A JSON object whose values are finite numbers.
    Weights,
    /// An array of `{url, label}`.
    Links,
    /// An array of texts.
    Texts,
    /// Any JSON.
    AnyJson,
    /// Rows of a child table.
    Children(&'static Children),
    /// Always null: a member that clients expect and no column holds.
    Absent,
}

impl Kind {
    /// Whether a single comparable value is held, so that lists can filter and sort by it.
    #[must_use]
    pub fn is_scalar(self) -> bool {
        matches!(self, Self::Text | Self::Int | Self::Float | Self::Bool | Self::Time | Self::Url | Self::Enum(_))
    }

    /// Whether a number is held.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Float)
    }

    /// Whether a document is held, as JSON text.
    #[must_use]
    pub fn is_json(self) -> bool {
        matches!(self, Self::Object | Self::Weights | Self::Links | Self::Texts | Self::AnyJson | Self::Children(_))
    }

    /// How many items an array of this kind may have (contract section 6); none where it is no array that clients write.
    #[must_use]
    pub fn max_items(self) -> Option<usize> {
        match self {
            Self::Links => Some(100),
            Self::Texts => Some(1_000),
            Self::Children(children) => Some(children.max_items),
            _ => None,
        }
    }

    /// Whether a patch merges into the stored document key by key.
    #[must_use]
    pub fn merges(self) -> bool {
        matches!(self, Self::Object | Self::Weights)
    }
}

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
    /// How many an owner may have.
    pub max_items: usize,
    /// The columns by which two children of one owner are told apart; null equals null.
    pub key: &'static [&'static str],
    /// The columns that a search of the owner looks into.
    pub search: &'static [&'static str],
    /// The values of a child in which nothing is given.
    pub defaults: fn() -> Vec<Value>,
    /// The names of the fields whose values break their limits.
    pub validate: fn(Vec<Value>) -> Vec<String>,
}

impl Children {
    /// Children that answers show and nobody writes here.
    #[must_use]
    pub const fn read_only(
        table: &'static str,
        parent: &'static str,
        type_name: &'static str,
        fields: &'static [Field],
    ) -> Self {
        Self {
            table,
            parent,
            type_name,
            fields,
            max_items: usize::MAX,
            key: &[],
            search: &[],
            defaults: Vec::new,
            validate: |_| Vec::new(),
        }
    }

    /// The values by which a child is matched with a stored one.
    #[must_use]
    pub fn key_of<'a>(&self, values: &'a [Value]) -> Vec<&'a Value> {
        let in_key = |field: &&Field| self.key.contains(&field.name);
        self.fields.iter().zip(values).filter(|(field, _)| in_key(field)).map(|(_, value)| value).collect()
    }
}
