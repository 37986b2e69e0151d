//! What a column, a document and a row hold, and how answers show it.

use std::hash::{Hash, Hasher};

pub(crate) mod document;
pub(crate) mod json;
pub(crate) mod json_reader;
pub(crate) mod json_values;
pub(crate) mod name;
pub(crate) mod representation;
pub(crate) mod row;
pub(crate) mod tag;
pub(crate) mod timestamp;

pub(crate) use document::Document;
pub(crate) use timestamp::Timestamp;

use json::Json;

/// One column's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL `NULL`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer; the service accepts and writes 32 bits, and reads whatever is stored.
    Int(i64),
    /// A double.
    Float(f64),
    /// Text.
    Text(String),
    /// An instant.
    Time(Timestamp),
    /// A JSON document.
    Json(Document),
}

/// No value is NaN: JSON has none, and a stored one reads as [`Value::Null`].
impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(flag) => flag.hash(state),
            Self::Int(number) => number.hash(state),
            // Zero equals zero, whatever its sign.
            Self::Float(number) => (number + 0.0).to_bits().hash(state),
            Self::Text(text) => text.hash(state),
            Self::Time(time) => time.hash(state),
            Self::Json(document) => document.as_str().hash(state),
        }
    }
}

impl Value {
    /// Whether this is [`Value::Null`].
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, when this is text or JSON.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Json(document) => Some(document.as_str()),
            _ => None,
        }
    }

    /// The document, when this is one.
    #[must_use]
    pub fn as_document(&self) -> Option<&Document> {
        match self {
            Self::Json(document) => Some(document),
            _ => None,
        }
    }

    /// The integer, when this is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether both say the same: JSON is compared as a document (white space and escapes aside), everything else as it is.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json(a), Self::Json(b)) => a.same(b),
            _ => self == other,
        }
    }

    /// Whether a client that sends `given` sends just this value back, whatever today's limits say of it.
    #[must_use]
    pub fn equals_json(&self, given: &Json) -> bool {
        match (self, given) {
            (Self::Null, Json::Null) => true,
            (Self::Bool(a), Json::Bool(b)) => a == b,
            (Self::Int(a), Json::Number(_)) => given.as_integer() == Some(*a),
            (Self::Float(a), Json::Number(_)) => given.as_f64() == Some(*a),
            (Self::Text(a), Json::String(b)) => a == b,
            (Self::Time(a), Json::String(b)) => Timestamp::parse(b) == Some(*a),
            (Self::Json(a), _) => a.json().is_some_and(|json| json.is_identical(given)),
            _ => false,
        }
    }

    /// Appends the value to a JSON text.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        use std::io::Write as _;
        // Writing to a Vec cannot fail.
        let _ = match self {
            Self::Bool(flag) => out.write_all(if *flag { b"true" } else { b"false" }),
            Self::Int(number) => serde_json::to_writer(out, number).map_err(Into::into),
            Self::Float(number) if number.is_finite() => serde_json::to_writer(out, number).map_err(Into::into),
            // JSON has no NaN and no infinity; neither can be entered here, but other writers may have stored one.
            Self::Null | Self::Float(_) => out.write_all(b"null"),
            Self::Text(text) => serde_json::to_writer(out, text).map_err(Into::into),
            Self::Time(time) => match time.digits() {
                Some(digits) => {
                    out.push(b'"');
                    out.extend_from_slice(&digits);
                    out.push(b'"');
                    Ok(())
                }
                None => write!(out, "\"{time}\""),
            },
            Self::Json(document) => out.write_all(document.as_str().as_bytes()),
        };
    }

    /// The value as JSON: what [`Self::write_json`] writes.
    pub(crate) fn into_json(self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(flag) => Json::Bool(flag),
            Self::Text(text) => Json::String(text),
            Self::Time(time) => Json::String(time.to_string()),
            other => {
                let mut text = Vec::new();
                other.write_json(&mut text);
                json_reader::parse(&text).unwrap_or(Json::Null)
            }
        }
    }
}
