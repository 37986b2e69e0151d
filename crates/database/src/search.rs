//! Search in SQL: fields as they are folded, and the places in which words are looked for. The rule is `domain`'s
//! [`Search::matches`](partbook_domain::query::Search::matches).

use partbook_domain::query::{WRITTEN_MARKS, dropped};

use crate::catalogue::Encoding;
use crate::dialect::Dialect;
use crate::text::{TextDialect, codes_of};

/// How many characters of a word PostgreSQL looks for by a pattern, before it folds a row.
const MAX_PATTERN_CHARACTERS: usize = 8;

impl TextDialect {
    /// Texts as one folded text, a line for each, so that no match crosses the border of two.
    #[must_use]
    pub fn folded(self, texts: &[String]) -> String {
        let (line_feed, collate) = match self.dialect {
            Dialect::Postgres => ("chr(10)", " collate \"C\""),
            Dialect::Sqlite => ("char(10)", ""),
        };
        let lines =
            texts.iter().map(|text| format!("coalesce(replace(cast({text} as text){collate}, {line_feed}, ' '), '')"));
        let lines = lines.collect::<Vec<_>>().join(&format!(" || {line_feed} || "));
        match self.dialect {
            Dialect::Postgres => format!("regexp_replace(lower({lines}), '{}', '', 'g')", self.dropped_pattern()),
            Dialect::Sqlite => {
                // A blank in the place of a mark, so that what stood around it does not make another.
                let marks = WRITTEN_MARKS
                    .iter()
                    .fold(format!("lower({lines})"), |text, mark| format!("replace({text}, '{mark}', ' ')"));
                dropped().filter(|character| *character != '\n').fold(marks, |text, character| match character {
                    '\'' => format!("replace({text}, '''', '')"),
                    character if character.is_control() => {
                        format!("replace({text}, char({}), '')", u32::from(character))
                    }
                    character => format!("replace({text}, '{character}', '')"),
                })
            }
        }
    }

    /// What folding drops, as a pattern in ASCII, which every encoding has. The line feed between two texts is none of it.
    fn dropped_pattern(self) -> String {
        let marks = WRITTEN_MARKS.map(|mark| mark.trim_matches(['(', ')'])).join("|");
        let (ascii, others): (Vec<char>, Vec<char>) = dropped().filter(|it| *it != '\n').partition(char::is_ascii);
        let others = match self.encoding {
            Encoding::Unicode | Encoding::Latin1 => format!("{}]", codes_of(&others)),
            Encoding::Bytes => format!("]|{}", self.any_of(&others)),
            Encoding::Other => "]".to_owned(),
        };
        // As one repetition the longest match takes every mark as one; characters alone would run into it.
        format!("(?:\\((?:{marks})\\)|[{}{others})+", codes_of(&ascii))
    }

    /// Whether a text contains the `n`th parameter.
    #[must_use]
    pub fn contains(self, text: &str, n: usize) -> String {
        match self.dialect {
            Dialect::Postgres => format!("strpos({text}, ${n}) > 0"),
            Dialect::Sqlite => format!("instr({text}, ${n}) > 0"),
        }
    }

    /// Whether a folded text that is stored contains the `n`th parameter. The range has SQLite walk the index, where the text
    /// is; the column itself would be computed for each row.
    #[must_use]
    pub fn contains_stored(self, column: &str, n: usize) -> String {
        let contains = self.contains(column, n);
        if self.has_index() { format!("{column} >= '' and {contains}") } else { contains }
    }

    /// Whether a column contains the `n`th parameter, which is in lower case; only ASCII letters are folded.
    #[must_use]
    pub fn contains_exactly(self, column: &str, n: usize) -> String {
        match self.dialect {
            Dialect::Postgres => self.contains(&format!("lower(cast({column} as text) collate \"C\")"), n),
            Dialect::Sqlite => self.contains(&format!("lower(cast({column} as text))"), n),
        }
    }

    /// Whether a folded word may be part of texts, by the `n`th parameter, its [`Self::pattern`]; to be asked before they are
    /// folded, which takes ten times as long. None on SQLite.
    #[must_use]
    pub fn may_contain(self, texts: &[String], n: usize) -> Option<String> {
        let texts: Vec<String> = texts.iter().map(|text| format!("cast({text} as text) collate \"C\"")).collect();
        (self.dialect == Dialect::Postgres).then(|| format!("lower(concat_ws(' ', {})) ~ ${n}", texts.join(", ")))
    }

    /// What a text matches that contains the word when it is folded, and some other texts too: between two characters there
    /// may be what folding drops. A folded word has no character that means something to a pattern.
    #[must_use]
    pub fn pattern(word: &str) -> String {
        let mut pattern = String::new();
        for character in word.chars().take(MAX_PATTERN_CHARACTERS) {
            if !pattern.is_empty() {
                // All but the letters and digits of ASCII, and the letters of the marks.
                pattern += "[^0-9abd-ln-qsu-z]*";
            }
            pattern.push(character);
        }
        pattern
    }

    /// Whether a folded text that is stored is found by its index.
    #[must_use]
    pub fn has_index(self) -> bool {
        self.dialect == Dialect::Sqlite
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIGRATION: &str = include_str!("../../../migrations/postgres/0005_search_text.sql");

    #[test]
    fn what_is_stored_is_folded_as_what_is_not() {
        for encoding in [Encoding::Unicode, Encoding::Bytes, Encoding::Other] {
            let pattern = TextDialect::new(Dialect::Postgres, encoding).dropped_pattern();
            assert!(MIGRATION.contains(&format!("'{pattern}'")), "{encoding:?}: {pattern}");
        }
    }
}
