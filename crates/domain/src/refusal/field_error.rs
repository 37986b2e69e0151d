//! What is wrong with one part of a body or of a query.

use std::fmt;

use serde::Serialize;

use super::pointer::Pointer;

/// Every word that an error of a body or of a parameter may have.
pub const CODES: &[&str] = &[
    "conflict",
    "depth",
    "duplicate",
    "duplicate_item",
    "encoding",
    "enum",
    "format",
    "length",
    "nul",
    "range",
    "reference",
    "refused",
    "repeated",
    "required",
    "reused",
    "sole",
    "time",
    "type",
    "undetermined",
    "unknown",
    "unsupported",
    "url",
    "value",
];

/// One error of a body: where, what, and a word for programs. As JSON it is what clients see (contract section 6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where in the body.
    pub pointer: Pointer,
    /// What is wrong, as a phrase that follows the field's name: `must be between 1 and 256`.
    pub detail: String,
    /// A word for programs; one of [`CODES`].
    pub code: &'static str,
}

impl FieldError {
    /// An error at a place.
    pub fn new(pointer: Pointer, code: &'static str, detail: impl Into<String>) -> Self {
        debug_assert!(CODES.contains(&code), "{code} is not among the codes");
        Self { pointer, detail: detail.into(), code }
    }

    /// An error of the whole body, its detail being a full sentence.
    pub fn whole(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Pointer::root(), code, detail)
    }
}

impl fmt::Display for FieldError {
    /// A sentence fit to show a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An error that says a whole sentence (a taken name, say) needs no field name before it.
        if self.pointer == Pointer::root() || matches!(self.code, "duplicate" | "sole") {
            return f.write_str(&self.detail);
        }
        write!(f, "{} {}", self.pointer.in_words(), self.detail)
    }
}

/// What is wrong with one parameter. As JSON it is what clients see (contract section 6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParameterError {
    /// The parameter.
    pub parameter: String,
    /// What is wrong, as a phrase that follows its name.
    pub detail: String,
    /// A word for programs; one of [`CODES`].
    pub code: &'static str,
}

impl fmt::Display for ParameterError {
    /// A sentence fit to show a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.parameter, self.detail)
    }
}

/// All errors in one sentence for a person; of very many, the first five and how many more there are.
#[must_use]
pub fn summary<T: fmt::Display>(errors: &[T]) -> String {
    const MAX_SHOWN_ERRORS: usize = 5;
    let mut text = errors.iter().take(MAX_SHOWN_ERRORS).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if errors.len() > MAX_SHOWN_ERRORS {
        text.push_str(&format!("; and {} more", errors.len() - MAX_SHOWN_ERRORS));
    }
    text
}
