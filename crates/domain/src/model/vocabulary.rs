//! The words that can be stored: an enum type of a database that is older than this version lacks some.

use std::collections::HashSet;

use super::enumeration::{Enumeration, Unclear};

/// Which words of the enumerations a database can store; all of them, where nothing else is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// The words that are not there, with their types.
    lacking: HashSet<(&'static str, &'static str)>,
}

impl Vocabulary {
    /// The vocabulary of a database; `words_of` gives the words of an enum type, and none where the database has no such type.
    pub fn new<'w, W: AsRef<[String]> + 'w>(
        enumerations: impl Iterator<Item = &'static Enumeration>,
        words_of: impl Fn(&str) -> Option<&'w W>,
    ) -> Self {
        let mut lacking = HashSet::new();
        for enumeration in enumerations {
            let Some(name) = enumeration.postgres_type else { continue };
            let Some(words) = words_of(name) else { continue };
            let is_there = |word: &str| words.as_ref().iter().any(|known| known == word);
            lacking.extend(enumeration.values.iter().filter(|word| !is_there(word)).map(|word| (name, *word)));
        }
        Self { lacking }
    }

    /// Whether every word can be stored.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.lacking.is_empty()
    }

    /// The words of an enumeration that can be stored, in their order.
    pub fn words(&self, enumeration: &'static Enumeration) -> impl Iterator<Item = &'static str> {
        enumeration.values.iter().copied().filter(|word| self.has(enumeration, word))
    }

    /// Whether a word of an enumeration can be stored.
    #[must_use]
    pub fn has(&self, enumeration: &Enumeration, word: &str) -> bool {
        let lacks = |name| self.lacking.iter().any(|lacking| *lacking == (name, word));
        !enumeration.postgres_type.is_some_and(lacks)
    }

    /// The word of an enumeration that a text is, in any letter case.
    #[must_use]
    pub fn word(&self, enumeration: &'static Enumeration, text: &str) -> Option<&'static str> {
        self.words(enumeration).find(|word| word.eq_ignore_ascii_case(text))
    }

    /// The word that a text is, or stands for beside the value of another field.
    ///
    /// # Errors
    /// What a client is told.
    pub fn read(
        &self,
        enumeration: &'static Enumeration,
        text: &str,
        beside: Option<&str>,
    ) -> Result<&'static str, String> {
        if let Some(word) = self.word(enumeration, text) {
            return Ok(word);
        }
        let spellings = enumeration.spellings.as_ref();
        match spellings.map_or(Err(Unclear::Unknown), |spellings| (spellings.read)(text, beside)) {
            Ok(word) if self.has(enumeration, word) => Ok(word),
            Ok(_) | Err(Unclear::Unknown) => Err(self.expected(enumeration)),
            Err(Unclear::Ambiguous(question)) => Err(question.to_owned()),
        }
    }

    /// What is said of a text that stands for no word that can be stored.
    pub(crate) fn expected(&self, enumeration: &'static Enumeration) -> String {
        format!("must be one of {}", self.words(enumeration).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::enumeration::Spellings;

    static DRIVES: Enumeration = Enumeration {
        postgres_type: Some("drive"),
        values: &["disk", "hybrid", "unknown"],
        default: "unknown",
        spellings: Some(Spellings {
            beside: "interface",
            read: |text, _| if text == "SSHD" { Ok("hybrid") } else { Err(Unclear::Unknown) },
        }),
    };

    #[test]
    fn what_a_database_lacks_is_neither_read_nor_listed() {
        let whole = Vocabulary::new([&DRIVES].into_iter(), |_| None::<&Vec<String>>);
        assert!(whole.is_whole() && whole == Vocabulary::default());
        assert_eq!(whole.read(&DRIVES, "SSHD", None), Ok("hybrid"));
        let words = ["unknown", "disk", "tape"].map(str::to_owned).to_vec();
        let less = Vocabulary::new([&DRIVES].into_iter(), |name| (name == "drive").then_some(&words));
        assert_eq!(less.words(&DRIVES).collect::<Vec<_>>(), ["disk", "unknown"]);
        assert_eq!(less.read(&DRIVES, "DISK", None), Ok("disk"));
        for text in ["SSHD", "hybrid", "tape"] {
            assert_eq!(less.read(&DRIVES, text, None).unwrap_err(), "must be one of disk, unknown", "{text}");
        }
    }
}
