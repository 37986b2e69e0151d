//! Closed sets of words: DDR generations, storage media, listing states.

use std::marker::PhantomData;

/// The words that a field accepts, in the order in which they sort.
#[derive(Debug)]
pub struct Enumeration {
    /// The PostgreSQL enum type of the column, when it has one of its own.
    pub postgres_type: Option<&'static str>,
    /// The accepted words.
    pub values: &'static [&'static str],
    /// What a field that is left out gets.
    pub default: &'static str,
    /// Other spellings, tried in this order after the words: a part of the text, and the word that it stands for.
    pub spellings: &'static [(&'static str, &'static str)],
}

impl Enumeration {
    /// The word that a text means, in any letter case.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<&'static str> {
        let text = text.to_ascii_lowercase();
        let exact = self.values.iter().find(|value| **value == text).copied();
        exact.or_else(|| self.spellings.iter().find(|(part, _)| text.contains(part)).map(|(_, value)| *value))
    }
}

/// Names an [`Enumeration`] in a struct's field type.
pub trait Choice: Clone + std::fmt::Debug + PartialEq {
    /// The words.
    const ENUMERATION: &'static Enumeration;
}

/// A word of an enumeration. What a database holds may be a word that this version does not know, so it is kept as text.
#[derive(Clone, Debug, PartialEq)]
pub struct OneOf<C>(pub(crate) String, PhantomData<C>);

impl<C: Choice> OneOf<C> {
    /// Takes a stored word as it is.
    #[must_use]
    pub fn stored(word: String) -> Self {
        Self(word, PhantomData)
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<C: Choice> Default for OneOf<C> {
    fn default() -> Self {
        Self::stored(C::ENUMERATION.default.to_owned())
    }
}
