//! What is not sound, where, and what would heal it.

use serde::Serialize;

/// How many examples a finding has.
pub(crate) const MAX_EXAMPLES: usize = 5;

/// What is not sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// Rows point at rows that are not there.
    Orphan,
    /// Rows have one natural key.
    Duplicate,
    /// Rows have names that look alike.
    LookAlike,
    /// Several rows carry a flag that one may carry.
    SecondFlag,
    /// A word of an enumeration that the program does not know.
    UnknownWord,
    /// A document that is not JSON.
    BrokenDocument,
    /// A sequence would give an id that a row has.
    Sequence,
    /// The file itself is damaged.
    Damage,
    /// A table has fewer rows than it had.
    Shrunk,
    /// A table is not there any more.
    Vanished,
}

impl FindingKind {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Orphan => "orphan",
            Self::Duplicate => "duplicate",
            Self::LookAlike => "look-alike",
            Self::SecondFlag => "second-flag",
            Self::UnknownWord => "unknown-word",
            Self::BrokenDocument => "broken-document",
            Self::Sequence => "sequence",
            Self::Damage => "damage",
            Self::Shrunk => "shrunk",
            Self::Vanished => "vanished",
        }
    }
}

/// Something that is not sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// The table; of damage, none.
    pub table: Option<String>,
    /// The columns of the table that it is about.
    pub columns: Vec<String>,
    /// How many rows are too many or wrong; of damage, how many faults are told.
    pub count: u64,
    /// Some of them, by their ids.
    pub examples: Vec<String>,
    /// What is wrong, as a sentence.
    pub what: String,
    /// The SQL that heals it without losing a row that anything else points at.
    pub healing: Option<String>,
    /// What to do where no SQL is safe.
    pub by_hand: Option<String>,
}

impl Finding {
    /// What it is about.
    #[must_use]
    pub fn place(&self) -> String {
        match (&self.table, self.columns.as_slice()) {
            (None, _) => "the database".to_owned(),
            (Some(table), []) => table.clone(),
            (Some(table), [column]) => format!("{table}.{column}"),
            (Some(table), columns) => format!("{table} ({})", columns.join(", ")),
        }
    }
}
