//! What is wrong with a request, all of it, in an answer of bounded size.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value, json};

/// How many errors an answer shows; of more it says how many there are (contract section 6).
pub const MAX_SHOWN_ERRORS: usize = 100;

/// How many of them the sentence for a person names.
const MAX_NAMED_ERRORS: usize = 5;

/// The errors of a request: the first of them, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors<E> {
    shown: Vec<E>,
    total: usize,
}

impl<E> Default for Errors<E> {
    fn default() -> Self {
        Self { shown: Vec::new(), total: 0 }
    }
}

impl<E> Errors<E> {
    /// Adds an error, which is only counted when enough are shown.
    pub fn push(&mut self, error: E) {
        self.total += 1;
        if self.shown.len() < MAX_SHOWN_ERRORS {
            self.shown.push(error);
        }
    }

    /// The same for an error that is made only to be shown.
    pub fn push_with(&mut self, error: impl FnOnce() -> E) {
        if self.shown.len() < MAX_SHOWN_ERRORS {
            self.shown.push(error());
        }
        self.total += 1;
    }

    /// Adds the errors of a part.
    pub fn extend(&mut self, other: Self) {
        self.total += other.total;
        let room = MAX_SHOWN_ERRORS - self.shown.len();
        self.shown.extend(other.shown.into_iter().take(room));
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// Those that are shown, in the order in which they were found.
    #[must_use]
    pub fn shown(&self) -> &[E] {
        &self.shown
    }

    /// The same, to be changed.
    pub fn shown_mut(&mut self) -> &mut [E] {
        &mut self.shown
    }

    /// Nothing where there is no error.
    ///
    /// # Errors
    /// These.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl<E: Serialize> Errors<E> {
    /// The members by which a problem shows them: `errors`, and `errors_total` where there are more.
    #[must_use]
    pub fn members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("errors".to_owned(), json!(self.shown));
        if self.total > self.shown.len() {
            members.insert("errors_total".to_owned(), json!(self.total));
        }
        members
    }
}

impl<E> From<E> for Errors<E> {
    fn from(error: E) -> Self {
        Self { shown: vec![error], total: 1 }
    }
}

/// All of them in one sentence for a person; of very many, the first and how many more there are.
impl<E: fmt::Display> fmt::Display for Errors<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.shown.iter().take(MAX_NAMED_ERRORS).enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            error.fmt(f)?;
        }
        match self.total.saturating_sub(MAX_NAMED_ERRORS) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_bounded_and_what_is_counted_is_not() {
        let mut errors = Errors::default();
        for n in 0..250 {
            errors.push(n);
        }
        let mut more = Errors::from(1000);
        more.extend(errors.clone());
        assert_eq!((errors.shown().len(), errors.total()), (100, 250));
        assert_eq!((more.shown().len(), more.total()), (100, 251));
        assert_eq!(errors.to_string(), "0; 1; 2; 3; 4; and 245 more");
        assert_eq!(Errors::from(7).to_string(), "7");
    }
}
