//! A JSON document as a column holds it: its text, and what it says, read once.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::json::Json;
use super::json_reader;

/// A JSON document. The text is kept as it is, so that key order and the text of numbers survive; it is parsed when
/// somebody first asks what it says, and not again. Cheap to clone.
#[derive(Clone)]
pub struct Document(Arc<Inner>);

struct Inner {
    text: String,
    json: OnceLock<Option<Json>>,
}

impl Document {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// What it says; none where the text cannot be read (a stored document may repeat keys).
    #[must_use]
    pub fn json(&self) -> Option<&Json> {
        self.0.json.get_or_init(|| json_reader::parse_stored(&self.0.text)).as_ref()
    }

    /// Whether both say the same in the same order, white space and escapes aside.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self == other || self.json().zip(other.json()).is_some_and(|(a, b)| a.is_identical(b))
    }
}

impl From<String> for Document {
    fn from(text: String) -> Self {
        Self(Arc::new(Inner { text, json: OnceLock::new() }))
    }
}

/// Writes the text once; what it says is known already.
impl From<Json> for Document {
    fn from(json: Json) -> Self {
        Self(Arc::new(Inner { text: json.to_string(), json: OnceLock::from(Some(json)) }))
    }
}

/// Documents are equal when their texts are.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.text == other.0.text
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.text.fmt(f)
    }
}
