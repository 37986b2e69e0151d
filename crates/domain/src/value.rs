//! The closed set of values that a column holds.

use crate::{Json, Timestamp, json};

/// One column's value. JSON is kept as text, so that key order and the text of numbers survive.
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
    /// A JSON document, as text.
    Json(String),
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
            Self::Text(text) | Self::Json(text) => Some(text),
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
            (Self::Json(a), Self::Json(b)) => a == b || json::canonical(a) == json::canonical(b),
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
            (Self::Json(a), _) => json::canonical(a) == given.to_string(),
            _ => false,
        }
    }

    /// Appends the value to a JSON text.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        use std::io::Write as _;
        // Writing to a Vec cannot fail.
        let _ = match self {
            Self::Bool(flag) => write!(out, "{flag}"),
            Self::Int(number) => write!(out, "{number}"),
            Self::Float(number) if number.is_finite() => serde_json::to_writer(out, number).map_err(Into::into),
            // JSON has no NaN and no infinity; neither can be entered here, but other writers may have stored one.
            Self::Null | Self::Float(_) => write!(out, "null"),
            Self::Text(text) => serde_json::to_writer(out, text).map_err(Into::into),
            Self::Time(time) => write!(out, "\"{time}\""),
            Self::Json(text) => out.write_all(text.as_bytes()),
        };
    }
}
