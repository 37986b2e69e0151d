//! Trigram indexes: which rows may contain folded words. They only name candidates, each of which is then compared as it would be
//! without them.

use crate::dialect::Dialect;
use crate::text::TextDialect;

/// The least number of characters that can be looked for.
const LENGTH: usize = 3;

/// How many trigrams of a word are looked for, and how many of all words: more would hardly leave fewer rows.
const MAX_OF_A_WORD: usize = 12;
const MAX_IN_ALL: usize = 36;

impl TextDialect {
    /// What an index is asked for the rows with all of these folded words, as texts that a statement binds: on PostgreSQL a
    /// pattern for each run of letters, on SQLite one query. None where no word is long enough.
    #[must_use]
    pub fn asked_of_trigrams<'w>(self, words: impl Iterator<Item = &'w str>) -> Vec<String> {
        match self.dialect {
            Dialect::Postgres => {
                let runs = words.flat_map(|word| word.split(|character| !is_stable(character)));
                let runs = runs.filter(|run| run.chars().nth(LENGTH - 1).is_some());
                runs.take(MAX_IN_ALL).map(|run| format!("%{run}%")).collect()
            }
            Dialect::Sqlite => {
                let of_a_word = |word: &str| trigrams(word).into_iter().take(MAX_OF_A_WORD).collect::<Vec<_>>();
                let quoted = words.flat_map(of_a_word).take(MAX_IN_ALL).map(|text| text.replace('"', "\"\""));
                let asked = quoted.map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(" AND ");
                if asked.is_empty() { Vec::new() } else { vec![asked] }
            }
        }
    }

    /// The candidates of a table as what stands for it in `from`; `first` is the number of the first parameter that the index is
    /// asked, `count` how many there are. With `are_many`, SQLite takes the table in its order and leaves out what is no
    /// candidate; otherwise it takes the candidates, and sorts. PostgreSQL always does that: the limit keeps it from taking the
    /// table in its order, in which those that match may be the last.
    #[must_use]
    pub fn candidates(self, table: &str, index: &str, first: usize, count: usize, are_many: bool) -> String {
        match self.dialect {
            Dialect::Postgres => {
                let likes = (first..first + count).map(|n| format!("{table}.partbook_search like ${n}"));
                let likes = likes.collect::<Vec<_>>().join(" and ");
                format!("(select * from {table} where {likes} offset 0) {table}")
            }
            Dialect::Sqlite => {
                let id = if are_many { "+id" } else { "id" };
                format!(
                    "(select * from {table} where {id} in (select rowid from {index} where {index} match ${first})) {table}"
                )
            }
        }
    }

    /// The query that counts candidates up to a number. None on PostgreSQL, whose index names all at once.
    #[must_use]
    pub fn count_candidates(self, index: &str, most: usize) -> Option<String> {
        let counted = || format!("select count(*) from (select 1 from {index} where {index} match $1 limit {most})");
        (self.dialect == Dialect::Sqlite).then(counted)
    }

    /// The first rows of a table in an order, as what stands for it in `from`.
    #[must_use]
    pub fn nearest(self, table: &str, order: &str) -> String {
        match self.dialect {
            Dialect::Postgres => format!("(select * from {table} order by {order} limit 1000) {table}"),
            // The folded text is computed for each row.
            Dialect::Sqlite => {
                let ids = format!("select {table}.id from {table} order by {order} limit 300");
                format!("(select * from {table} where id in (select id from ({ids}))) {table}")
            }
        }
    }
}

/// Whether a character stays what it is, whatever stands beside it, when PostgreSQL's index writes text in small letters by the
/// rules of the database's locale, as ICU does not with the capital sigma; and whether it is part of a word to it.
fn is_stable(character: char) -> bool {
    character.is_alphanumeric() && character.to_lowercase().eq([character])
}

/// The runs of three characters of a word. FTS5 passes over U+0000.
fn trigrams(word: &str) -> Vec<String> {
    let characters: Vec<char> = word.chars().collect();
    let mut trigrams: Vec<String> = Vec::new();
    for run in characters.windows(LENGTH).filter(|run| !run.contains(&'\0')) {
        let run: String = run.iter().collect();
        if !trigrams.contains(&run) {
            trigrams.push(run);
        }
    }
    trigrams
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Encoding;

    fn asked(dialect: Dialect, words: &[&str]) -> Vec<String> {
        TextDialect::new(dialect, Encoding::Unicode).asked_of_trigrams(words.iter().copied())
    }

    #[test]
    fn only_what_is_long_enough_is_asked() {
        assert_eq!(asked(Dialect::Postgres, &["i5", "12400", "é"]), ["%12400%"]);
        assert_eq!(asked(Dialect::Sqlite, &["i5", "12400"]), ["\"124\" AND \"240\" AND \"400\""]);
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            assert!(asked(dialect, &["i5", "é"]).is_empty());
        }
        assert_eq!(asked(Dialect::Sqlite, &["aaaaaa"]), ["\"aaa\""]);
        assert_eq!(asked(Dialect::Sqlite, &["ab\0cde"]), ["\"cde\""]);
        assert_eq!(asked(Dialect::Sqlite, &["中文字"]), ["\"中文字\""]);
    }

    #[test]
    fn letters_that_a_locale_may_change_are_not_asked_of_postgresql() {
        assert_eq!(asked(Dialect::Postgres, &["abcΣdéf", "ΟΔΟΣ", "оке", "a\u{301}bc"]), ["%abc%", "%déf%", "%оке%"]);
    }

    #[test]
    fn candidates_stand_for_the_table() {
        let of =
            |dialect, are_many| TextDialect::new(dialect, Encoding::Unicode).candidates("cpu", "i", 4, 2, are_many);
        let like = "cpu.partbook_search like $4 and cpu.partbook_search like $5";
        assert_eq!(of(Dialect::Postgres, true), format!("(select * from cpu where {like} offset 0) cpu"));
        let of_sqlite = |id| format!("(select * from cpu where {id} in (select rowid from i where i match $4)) cpu");
        assert_eq!(of(Dialect::Sqlite, false), of_sqlite("id"));
        assert_eq!(of(Dialect::Sqlite, true), of_sqlite("+id"));
    }

    #[test]
    fn what_is_asked_is_bounded() {
        let long: String =
            ('a'..='z').cycle().zip(0..1000).map(|(letter, n)| if n % 7 == 0 { 'é' } else { letter }).collect();
        assert_eq!(asked(Dialect::Sqlite, &[&long])[0].matches(" AND ").count(), MAX_OF_A_WORD - 1);
        assert_eq!(asked(Dialect::Postgres, &vec!["abc"; 64]).len(), MAX_IN_ALL);
    }
}
