//! Which version of a row a change is meant for (contract section 7; RFC 9110, section 13).

use crate::refusal::Refusal;
use crate::value::representation::Representation;
use crate::value::row::Row;
use crate::value::tag::Tag;

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
            Self::These(tags) => tags.iter().any(|(weak, text)| !weak && text == tag.as_str()),
        }
    }

    /// Whether the tag is among these, weak ones too: weak comparison.
    #[must_use]
    pub fn match_weakly(&self, tag: &Tag) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|(_, text)| text == tag.as_str()),
        }
    }
}

/// What must be true of a row for a change to be made. It is evaluated while the row is locked.
#[derive(Clone, Debug, Default)]
pub struct Precondition {
    /// The row must be one of these.
    pub matches: Option<Tags>,
    /// The row must be none of these.
    pub none_of: Option<Tags>,
    /// Whether `matches` has to be given.
    pub required: bool,
}

impl Precondition {
    /// Whether the row need not be looked at.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.matches.is_none() && self.none_of.is_none() && !self.required
    }

    /// Holds the condition against the row as it is now, in the shape whose tags the client has.
    ///
    /// # Errors
    /// It is not what the client means to change, or the client does not say what it means to change.
    pub fn evaluate(&self, row: &Row, representation: &dyn Representation) -> Result<(), Refusal> {
        if self.matches.is_none() && self.required {
            return Err(Refusal::PreconditionRequired { label: row.entity.label });
        }
        if self.is_none() {
            return Ok(());
        }
        let current = representation.to_bytes(row);
        let tag = Tag::of(&current);
        let is_meant = self.matches.as_ref().is_none_or(|tags| tags.match_strongly(&tag))
            && !self.none_of.as_ref().is_some_and(|tags| tags.match_weakly(&tag));
        if is_meant { Ok(()) } else { Err(Refusal::PreconditionFailed { label: row.entity.label, tag, current }) }
    }
}
