//! Where in a body something stands.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Serialize, Serializer};

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

/// How much of a member's name is shown, characters: a name may be as long as a body.
const MAX_TOKEN_LENGTH: usize = 100;

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
        let tokens = self.0.iter().cloned().chain([shortened(token)]);
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
    pub(super) fn in_words(&self) -> String {
        const MAX_SHOWN_TOKENS: usize = 6;
        let words = self.0.iter().take(MAX_SHOWN_TOKENS).map(String::as_str).collect::<Vec<_>>().join(".");
        if self.0.len() > MAX_SHOWN_TOKENS { words + "…" } else { words }
    }
}

/// A token as it is shown: of a very long name, its beginning.
pub(super) fn shortened(token: &str) -> String {
    match token.char_indices().nth(MAX_TOKEN_LENGTH) {
        Some((end, _)) => format!("{}…", &token[..end]),
        None => token.to_owned(),
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

/// As its text.
impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A place while a body is walked; it becomes a [`Pointer`] only where there is something to say of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// The whole body.
    Root,
    /// A member of an object.
    Member(&'a Place<'a>, &'a str),
    /// An item of an array, from 0.
    Item(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    /// A member of what stands here.
    pub(crate) fn member(&'a self, name: &'a str) -> Place<'a> {
        Place::Member(self, name)
    }

    /// An item of what stands here.
    pub(crate) fn item(&'a self, index: usize) -> Place<'a> {
        Place::Item(self, index)
    }

    /// The same place, written out.
    pub(crate) fn pointer(&self) -> Pointer {
        let mut tokens = Vec::new();
        let mut place = self;
        loop {
            place = match place {
                Place::Root => break,
                Place::Member(parent, name) => {
                    tokens.push(shortened(name));
                    parent
                }
                Place::Item(parent, index) => {
                    tokens.push(index.to_string());
                    parent
                }
            };
        }
        tokens.reverse();
        Pointer(tokens)
    }
}
