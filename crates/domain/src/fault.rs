//! What is wrong with one part of a body or of a query.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// A JSON Pointer (RFC 6901), written in its URI fragment form, such as `#/ports/0/count`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

/// What may not stand in a URI fragment (RFC 3986 section 3.5), and `%` itself.
const FRAGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

impl Pointer {
    /// The whole document, `#`.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// A member of the document's top level.
    #[must_use]
    pub fn field(name: &str) -> Self {
        Self::root().child(name)
    }

    /// A member of what this points to.
    #[must_use]
    pub fn child(&self, token: &str) -> Self {
        let tokens = self.0.iter().cloned().chain([token.to_owned()]);
        Self(tokens.collect())
    }

    /// The item of what this points to, from 0.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        self.child(&index.to_string())
    }

    /// Whether this is a place in the top-level member `name`, or that itself.
    #[must_use]
    pub fn is_in(&self, name: &str) -> bool {
        self.0.first().is_some_and(|first| first == name)
    }

    /// The same place in a document that holds this one under `name`.
    #[must_use]
    pub fn under(&self, name: &str) -> Self {
        Self([name.to_owned()].into_iter().chain(self.0.iter().cloned()).collect())
    }

    /// The place in words, for a sentence: `ports.0.count`; of a very deep one, its beginning.
    fn in_words(&self) -> String {
        const SHOWN: usize = 6;
        let words = self.0.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(".");
        if self.0.len() > SHOWN { words + "…" } else { words }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        for token in &self.0 {
            let escaped = token.replace('~', "~0").replace('/', "~1");
            write!(f, "/{}", utf8_percent_encode(&escaped, FRAGMENT))?;
        }
        Ok(())
    }
}

/// Every word that a fault of a body or of a parameter may have.
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

/// One fault of a body: where, what, and a word for programs (contract section 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the body.
    pub pointer: Pointer,
    /// What is wrong, as a phrase that follows the field's name: `must be between 1 and 256`.
    pub detail: String,
    /// A word for programs; one of [`CODES`].
    pub code: &'static str,
}

impl Fault {
    /// A fault at a place.
    pub fn new(pointer: Pointer, code: &'static str, detail: impl Into<String>) -> Self {
        debug_assert!(CODES.contains(&code), "{code} is not among the codes");
        Self { pointer, detail: detail.into(), code }
    }

    /// A fault of the whole body, its detail being a full sentence.
    pub fn whole(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Pointer::root(), code, detail)
    }
}

impl fmt::Display for Fault {
    /// A sentence fit to show a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A fault that says a whole sentence (a taken name, say) needs no field name before it.
        if self.pointer == Pointer::root() || matches!(self.code, "duplicate" | "sole") {
            return f.write_str(&self.detail);
        }
        write!(f, "{} {}", self.pointer.in_words(), self.detail)
    }
}

/// All faults in one sentence for a person; of very many, the first five and how many more there are.
#[must_use]
pub fn summary<T: fmt::Display>(faults: &[T]) -> String {
    const SHOWN: usize = 5;
    let mut text = faults.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if faults.len() > SHOWN {
        text.push_str(&format!("; and {} more", faults.len() - SHOWN));
    }
    text
}
