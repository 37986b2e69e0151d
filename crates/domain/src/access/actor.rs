//! Whom a change is signed with.

use std::fmt;
use std::sync::Arc;

/// Who does something: what the log, the traces and the history call a caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Actor {
    /// Somebody without credentials.
    #[default]
    Anonymous,
    /// Whoever has the token of this name.
    Token(Arc<str>),
    /// The subject of a sign-in.
    Subject(Arc<str>),
    /// A user whom a trusted proxy names.
    ProxyUser(Arc<str>),
    /// A command of the program.
    Command(&'static str),
}

impl Actor {
    /// The name; none of the anonymous.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Anonymous => None,
            Self::Token(name) | Self::Subject(name) | Self::ProxyUser(name) => Some(name),
            Self::Command(name) => Some(name),
        }
    }
}

/// The kind and the name: a subject is not taken for a token of the same name.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Anonymous => "anonymous",
            Self::Token(_) => "token:",
            Self::Subject(_) => "subject:",
            Self::ProxyUser(_) => "user:",
            Self::Command(_) => "command:",
        };
        f.write_str(kind)?;
        f.write_str(self.name().unwrap_or_default())
    }
}
