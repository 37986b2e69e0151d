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
    /// How other spellings are read; none where only the words are accepted.
    pub spellings: Option<Spellings>,
}

/// How the spellings of an enumeration are read.
#[derive(Debug)]
pub struct Spellings {
    /// The text field that decides between two readings.
    pub beside: &'static str,
    /// Reads a text that is none of the words, beside the value of that field; a phrase that says what to send where it
    /// stands for nothing, or for several words.
    pub read: fn(text: &str, beside: Option<&str>) -> Result<&'static str, Unclear>,
}

/// Why a spelling is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// It stands for no word.
    Unknown,
    /// It stands for several; what is asked.
    Ambiguous(&'static str),
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
