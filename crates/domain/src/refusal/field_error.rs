//! What is wrong with one part of a body or of a query.

use std::fmt;

use serde::Serialize;

use super::errors::Errors;
use super::pointer::{Pointer, shortened};

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

impl ParameterError {
    /// An error of a parameter; of a very long name the beginning is shown.
    pub fn new(parameter: &str, code: &'static str, detail: impl Into<String>) -> Self {
        debug_assert!(CODES.contains(&code), "{code} is not among the codes");
        Self { parameter: shortened(parameter), detail: detail.into(), code }
    }
}

impl fmt::Display for ParameterError {
    /// A sentence fit to show a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.parameter, self.detail)
    }
}

/// The errors of a body.
pub type FieldErrors = Errors<FieldError>;

/// The errors of a query.
pub type ParameterErrors = Errors<ParameterError>;
