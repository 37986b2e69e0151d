//! Which version of a row a change is meant for (contract section 7; RFC 9110, section 13).

use crate::refusal::Refusal;
use crate::value::representation::Representation;
use crate::value::row::Row;
use crate::value::tag::Tag;

/// What proxies that compress an answer are known to put at the end of its tag.
const PROXY_SUFFIXES: [&str; 3] = ["-gzip", "-br", "-zstd"];

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

    /// Whether the tag is among these as proxies change it that compress an answer: made weak, with a suffix, or both.
    fn match_as_changed_by_proxy(&self, tag: &Tag) -> bool {
        let Self::These(tags) = self else { return false };
        tags.iter().any(|(weak, text)| match text.strip_prefix(tag.as_str()) {
            Some("") => *weak,
            Some(suffix) => PROXY_SUFFIXES.contains(&suffix),
            None => false,
        })
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
        if is_meant {
            return Ok(());
        }
        let changed_by_proxy = self.matches.as_ref().is_some_and(|tags| tags.match_as_changed_by_proxy(&tag));
        Err(Refusal::PreconditionFailed { label: row.entity.label, changed_by_proxy, tag, current })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_a_proxy_changed_is_known_and_does_not_match() {
        let tag = Tag::of(b"{}");
        let named = |weak, suffix: &str| Tags::These(vec![(weak, format!("{}{suffix}", tag.as_str()))]);
        for (weak, suffix, is_changed) in [
            (false, "", false),
            (true, "", true),
            (false, "-gzip", true),
            (true, "-gzip", true),
            (false, "-br", true),
            (false, "-zstd", true),
            (false, "-other", false),
        ] {
            let tags = named(weak, suffix);
            assert_eq!(tags.match_as_changed_by_proxy(&tag), is_changed, "{weak} {suffix}");
            assert_eq!(tags.match_strongly(&tag), !weak && suffix.is_empty(), "{weak} {suffix}");
        }
        let other = Tags::These(vec![(true, "0".to_owned()), (false, "0-gzip".to_owned())]);
        assert!(!other.match_as_changed_by_proxy(&tag));
        assert!(!Tags::Any.match_as_changed_by_proxy(&tag));
    }
}
