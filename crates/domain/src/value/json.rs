//! JSON that loses nothing: key order, the text of numbers, nested nulls; and a reader that refuses repeated keys.
//!
//! `serde_json::Value` can keep number text only with a crate-wide feature that reserves one key of objects, so the
//! document is walked level by level over `serde_json`'s raw values instead; `serde_json` stays the only parser.

use std::fmt;
use std::hash::{Hash, Hasher};

use indexmap::IndexMap;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

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

/// Why a text is not an acceptable JSON document, and where. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at line {line} column {column}")]
pub struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// The line.
    pub line: usize,
    /// The column, in bytes.
    pub column: usize,
}

/// Reads a whole document.
///
/// # Errors
/// Malformed JSON (RFC 8259), or a key given twice in one object.
pub fn parse(source: &[u8]) -> Result<Json, SyntaxError> {
    if source.is_empty() {
        return Err(SyntaxError { message: "it is empty".to_owned(), line: 1, column: 1 });
    }
    let raw: &RawValue = serde_json::from_slice(source).map_err(|error| from_serde(&error))?;
    read(source, raw, 0)
}

/// Reads a stored document as a body would hold it in a member: levels are counted from there, so that both come out alike
/// however deep they are. None where it repeats keys.
#[must_use]
pub fn parse_stored(text: &str) -> Option<Json> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    read(text.as_bytes(), raw, 1).ok()
}

/// The document with white space and escapes normalised, for comparing; the text itself where it cannot be read
/// (a stored document may repeat keys or be deeper than this service would accept).
#[must_use]
pub fn canonical(text: &str) -> String {
    parse(text.as_bytes()).map_or_else(|_| text.to_owned(), |json| json.to_string())
}

fn from_serde(error: &serde_json::Error) -> SyntaxError {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
    SyntaxError { message, line: error.line(), column: error.column() }
}

fn read(source: &[u8], raw: &RawValue, depth: usize) -> Result<Json, SyntaxError> {
    let text = raw.get();
    // Errors inside a part are placed where the part stands in the whole text.
    let place = |message: String| {
        let offset = text.as_ptr().addr().saturating_sub(source.as_ptr().addr()).min(source.len());
        let before = &source[..offset];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = before.split(|byte| *byte == b'\n').count();
        SyntaxError { message, line, column: offset - line_start + 1 }
    };
    let locate = |error: serde_json::Error| place(from_serde(&error).message);
    match text.as_bytes().first() {
        Some(b'{' | b'[') if depth == MAX_DEPTH => Ok(Json::Deep(without_white_space(text))),
        Some(b'{') => {
            let Members(members) = serde_json::from_str(text).map_err(locate)?;
            members
                .into_iter()
                .map(|(key, value)| Ok((key, read(source, value, depth + 1)?)))
                .collect::<Result<_, _>>()
                .map(Json::Object)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(locate)?;
            items.into_iter().map(|item| read(source, item, depth + 1)).collect::<Result<_, _>>().map(Json::Array)
        }
        Some(b'"') => serde_json::from_str(text).map(Json::String).map_err(locate),
        Some(b't') => Ok(Json::Bool(true)),
        Some(b'f') => Ok(Json::Bool(false)),
        Some(b'n') => Ok(Json::Null),
        _ => Ok(Json::Number(text.to_owned())),
    }
}

fn without_white_space(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let kept = text.chars().filter(|character| {
        let keep = in_string || !character.is_ascii_whitespace();
        if *character == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && *character == '\\' && !escaped;
        keep
    });
    kept.collect()
}

/// One object's members, each value still unread.
struct Members<'a>(IndexMap<String, &'a RawValue>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = IndexMap::new();
                while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
                    if members.contains_key(&key) {
                        return Err(A::Error::custom(format!("the key {key:?} is given twice in one object")));
                    }
                    members.insert(key, value);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
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
        if let Ok(whole) = text.parse() {
            return Some(whole);
        }
        let number: f64 = text.parse().ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "saturates; such numbers are far outside every range here")]
        (number.fract() == 0.0 || number.is_infinite()).then_some(number as i64)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_text_key_order_and_nulls_survive() {
        let text =
            r#"{"b":1.50,"a":{"z":null,"y":[1e5,-0,12345678901234567890123]},"$serde_json::private::Number":"x"}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn a_repeated_key_is_refused_at_any_depth_and_placed() {
        let error = parse(b"{\"a\":1,\n \"b\": {\"c\":1,\"\\u0063\":2}}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 7), "{error}");
        assert!(error.message.contains("\"c\" is given twice"), "{error}");
    }

    #[test]
    fn syntax_errors_say_where() {
        let error = parse(b"{\"a\":\n 1,}").unwrap_err();
        assert_eq!(error.line, 2);
        assert!(parse(b"\"\\ud800\"").is_err(), "a lone surrogate is no text");
        assert!(parse(b"{} {}").is_err());
        assert!(parse(b"").is_err());
    }

    #[test]
    fn what_is_too_deep_is_kept_as_text() {
        let nested = |depth: usize| format!("{}\"a \\\" ]\" {}", "[".repeat(depth), "]".repeat(depth));
        let has_deep = |depth: usize| format!("{:?}", parse(nested(depth).as_bytes()).unwrap()).contains("Deep");
        assert!(!has_deep(MAX_DEPTH));
        assert!(has_deep(MAX_DEPTH + 1));
        let deep = nested(100_000);
        assert_eq!(parse(deep.as_bytes()).unwrap().to_string(), deep.replace("\" ]]", "\"]]"));
    }

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        let integer = |text: &str| Json::Number(text.to_owned()).as_integer();
        assert_eq!(integer("8"), Some(8));
        assert_eq!(integer("8.0"), Some(8));
        assert_eq!(integer("8.5"), None);
        assert_eq!(integer("1e400"), Some(i64::MAX));
    }
}
