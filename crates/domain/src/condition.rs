//! Which version of a row a change is meant for (contract section 7; RFC 9110, section 13).

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::{Error, Row};

/// Names what a row looks like: two rows that are shown alike, byte for byte, have the same tag, and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

/// How much of the hash is written: 128 bits, as hexadecimal digits.
const DIGITS: usize = 32;

impl Tag {
    /// The tag of a row's representation.
    #[must_use]
    pub fn of(representation: &[u8]) -> Self {
        let mut text = digest(representation);
        text.truncate(DIGITS);
        Self(text)
    }
}

/// The SHA-256 of bytes, as hexadecimal digits.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As in a header: a strong entity tag, in quotes.
impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// The versions that a client names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    /// Whatever there is.
    Any,
    /// These; each says whether it is weak.
    These(Vec<(bool, String)>),
}

impl Tags {
    /// Whether the tag is among these, weak ones left out: strong comparison.
    #[must_use]
    pub fn match_strongly(&self, tag: &Tag) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|(weak, text)| !weak && *text == tag.0),
        }
    }

    /// Whether the tag is among these, weak ones too: weak comparison.
    #[must_use]
    pub fn match_weakly(&self, tag: &Tag) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|(_, text)| *text == tag.0),
        }
    }
}

/// What must be true of a row for a change to be made. It is judged while the row is locked.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The row must be one of these.
    pub matches: Option<Tags>,
    /// The row must be none of these.
    pub none_of: Option<Tags>,
    /// Whether `matches` has to be given.
    pub required: bool,
    /// How the client was shown the row: that is what it has the tag of.
    pub represent: fn(&Row) -> Vec<u8>,
}

impl Condition {
    /// No condition at all.
    pub const NONE: Self = Self { matches: None, none_of: None, required: false, represent: Row::to_json };

    /// Whether the row has to be looked at.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.matches.is_none() && self.none_of.is_none() && !self.required
    }

    /// Judges the row as it is now.
    ///
    /// # Errors
    /// It is not what the client means to change, or the client does not say what it means to change.
    pub fn judge(&self, row: &Row) -> Result<(), Error> {
        if self.matches.is_none() && self.required {
            return Err(Error::Unconditional { label: row.entity.label });
        }
        if self.is_none() {
            return Ok(());
        }
        let current = (self.represent)(row);
        let tag = Tag::of(&current);
        let is_meant = self.matches.as_ref().is_none_or(|tags| tags.match_strongly(&tag))
            && !self.none_of.as_ref().is_some_and(|tags| tags.match_weakly(&tag));
        if is_meant { Ok(()) } else { Err(Error::Stale { label: row.entity.label, tag, current }) }
    }
}
