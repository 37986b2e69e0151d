//! What is wrong with one part of a body or of a query.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// A JSON Pointer (RFC 6901) in its URI fragment form, such as `#/ports/0/count`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(String);

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
        Self("#".to_owned())
    }

    /// A member of the document's top level.
    #[must_use]
    pub fn field(name: &str) -> Self {
        Self::root().child(name)
    }

    /// A member, or an item by its number, of what this points to.
    #[must_use]
    pub fn child(&self, token: &str) -> Self {
        let escaped = token.replace('~', "~0").replace('/', "~1");
        Self(format!("{}/{}", self.0, utf8_percent_encode(&escaped, FRAGMENT)))
    }

    /// The item of what this points to, from 0.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        self.child(&index.to_string())
    }

    /// The same place in a document that holds this one under `name`.
    #[must_use]
    pub fn under(&self, name: &str) -> Self {
        Self(format!("#/{name}{}", &self.0[1..]))
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One fault of a body: where, what, and a word for programs (contract section 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the body.
    pub pointer: Pointer,
    /// What is wrong, as a phrase that follows the field's name: `must be between 1 and 256`.
    pub detail: String,
    /// `type`, `range`, `length`, `required`, `enum`, `duplicate`, `reference`, …
    pub code: &'static str,
}

impl Fault {
    /// A fault at a place.
    pub fn new(pointer: Pointer, code: &'static str, detail: impl Into<String>) -> Self {
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
        let path = self.pointer.0.trim_start_matches(['#', '/']);
        // A fault that says a whole sentence (a taken name, say) needs no field name before it.
        if path.is_empty() || matches!(self.code, "duplicate" | "sole") {
            return f.write_str(&self.detail);
        }
        write!(f, "{} {}", path.replace('/', "."), self.detail)
    }
}

/// All faults in one sentence for a person; of very many, the first five and how many more there are.
#[must_use]
pub fn summary(faults: &[Fault]) -> String {
    const SHOWN: usize = 5;
    let mut text = faults.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if faults.len() > SHOWN {
        text.push_str(&format!("; and {} more", faults.len() - SHOWN));
    }
    text
}
