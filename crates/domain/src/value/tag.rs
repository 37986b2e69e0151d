//! Entity tags: the version of a row is the hash of what is shown of it (contract section 7).

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The version of a row: two rows have the same tag exactly when answers show them alike, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

/// How much of the hash is written: 128 bits, as hexadecimal digits.
const TAG_DIGITS: usize = 32;

impl Tag {
    /// The tag of a row's representation.
    #[must_use]
    pub fn of(representation: &[u8]) -> Self {
        let mut text = digest(representation);
        text.truncate(TAG_DIGITS);
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

impl Tag {
    /// The tag without its quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
