//! What the SQL of a text depends on: the dialect, and on PostgreSQL the encoding.

use crate::catalogue::Encoding;
use crate::dialect::Dialect;

/// The dialect of a database whose text has this encoding.
#[derive(Clone, Copy, Debug)]
pub struct TextDialect {
    pub(crate) dialect: Dialect,
    pub(crate) encoding: Encoding,
}

impl TextDialect {
    /// The dialect of a database whose text has this encoding.
    #[must_use]
    pub fn new(dialect: Dialect, encoding: Encoding) -> Self {
        Self { dialect, encoding }
    }

    /// The dialect.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        self.dialect
    }

    /// Whether a row may hold the text; the encoding of the database may lack it.
    #[must_use]
    pub fn may_hold(self, text: &str) -> bool {
        self.encoding.may_hold(text)
    }

    /// A pattern of PostgreSQL's that any one of the characters matches. It is in ASCII, which every encoding has.
    pub(crate) fn any_of(self, characters: &[char]) -> String {
        match self.encoding {
            Encoding::Bytes => {
                let bytes = |character: &char| character.to_string().bytes().map(code).collect::<String>();
                characters.iter().map(bytes).collect::<Vec<_>>().join("|")
            }
            _ => format!("[{}]", codes_of(characters)),
        }
    }
}

/// The characters as a pattern's escapes.
pub(crate) fn codes_of(characters: &[char]) -> String {
    characters.iter().map(|character| code(*character)).collect()
}

fn code(number: impl Into<u32>) -> String {
    format!("\\u{:04x}", number.into())
}
