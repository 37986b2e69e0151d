//! JSON that loses nothing: key order, the text of numbers, nested nulls.
//!
//! `serde_json::Value` can keep number text only with a crate-wide feature that reserves one key of objects; hence a type of
//! our own.

use std::fmt;
use std::hash::{Hash, Hasher};

use indexmap::IndexMap;

/// How deep a document from a client may be nested. Stored documents may be deeper; what lies below is kept as text, and
/// accepted from a client only where it is stored already.
pub const MAX_DEPTH: usize = 128;

/// The members of a JSON object, in the order of the text.
pub type Object = IndexMap<String, Json>;

/// A JSON document.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(Object),
    /// A container nested deeper than [`MAX_DEPTH`], as text without white space.
    Deep(String),
}

/// The order of an object's members does not count.
impl Eq for Json {}

impl Hash for Json {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(flag) => flag.hash(state),
            Self::Number(text) | Self::String(text) | Self::Deep(text) => text.hash(state),
            Self::Array(items) => items.hash(state),
            Self::Object(members) => {
                let mut members: Vec<(&String, &Self)> = members.iter().collect();
                members.sort_unstable_by_key(|(key, _)| *key);
                members.hash(state);
            }
        }
    }
}

impl Json {
    /// About how long the document is as text, bytes.
    #[must_use]
    pub fn text_length(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 4,
            Self::Number(text) | Self::String(text) | Self::Deep(text) => text.len() + 2,
            Self::Array(items) => 2 + items.iter().map(Self::text_length).sum::<usize>(),
            Self::Object(members) => members.iter().map(|(key, value)| key.len() + 4 + value.text_length()).sum(),
        }
    }

    /// Whether both are the same, the order of members included.
    #[must_use]
    pub fn is_identical(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((a, x), (b, y))| a == b && x.is_identical(y))
            }
            (Self::Array(a), Self::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_identical(b)),
            _ => self == other,
        }
    }

    /// The members, when this is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The text, when this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number as a double, when this is a number that a double can hold.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// The number, when it is whole (`8`, `8.0`, `8e0`: JSON knows one kind of number); saturated to 64 bits.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        let Self::Number(text) = self else { return None };
        text.parse().ok().or_else(|| whole_number(text))
    }

    /// What JSON calls this kind of value, with its article.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
            Self::Deep(_) => "a deeply nested document",
        }
    }
}

impl fmt::Display for Json {
    /// The compact text of the document.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Number(text) | Self::Deep(text) => f.write_str(text),
            Self::String(text) => write_string(f, text),
            Self::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write_string(f, key)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

/// The number that a text with a fraction or an exponent writes, when it is whole; saturated to 64 bits. Digits decide and
/// not a double, to which `1e-999999999` is zero.
fn whole_number(text: &str) -> Option<i64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or((1, mantissa), |mantissa| (-1, mantissa));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let significant = digits.trim_end_matches('0');
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    // An exponent of more digits than 64 bits hold is very large, or very small.
    let exponent: i64 = exponent.parse().unwrap_or(if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 });
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX / 4);
    let zeros = exponent.saturating_sub(length(fraction.len())).saturating_add(length(trailing));
    if zeros < 0 {
        return None;
    }
    let saturated = if sign < 0 { i64::MIN } else { i64::MAX };
    let scale = u32::try_from(zeros).ok().and_then(|zeros| 10_i64.checked_pow(zeros));
    let number = significant.parse::<i64>().ok().zip(scale).and_then(|(number, scale)| number.checked_mul(scale));
    Some(number.map_or(saturated, |number| sign * number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        let integer = |text: &str| Json::Number(text.to_owned()).as_integer();
        assert_eq!(integer("8"), Some(8));
        assert_eq!(integer("8.0"), Some(8));
        assert_eq!(integer("8.5"), None);
        assert_eq!(integer("1e400"), Some(i64::MAX));
        assert_eq!(integer("-1e99999999999999999999"), Some(i64::MIN));
        assert_eq!(integer("1.5e1"), Some(15));
        assert_eq!(integer("0.00e-5"), Some(0));
        assert_eq!(integer("1200e-2"), Some(12));
        assert_eq!(integer("1e-999999999"), None);
        assert_eq!(integer("1e-99999999999999999999"), None);
        assert_eq!(integer("12345678901234567890"), Some(i64::MAX));
    }
}
