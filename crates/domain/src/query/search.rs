//! `search`: how a text is read as words, how words and fields are folded, and which rows are found (contract section 3).
//!
//! [`Search::matches`] is the rule. The SQL of both databases folds by the constants here, and is tested against it.

use super::Invalid;

/// The greatest length of a search, in characters.
pub const MAX_SEARCH_LENGTH: usize = 1_000;

/// How many words a search may have.
pub const MAX_SEARCH_WORDS: usize = 64;

/// The marks that folding drops where they are written out, in lower case.
pub const WRITTEN_MARKS: [&str; 3] = ["(r)", "(tm)", "(c)"];

/// The marks that folding drops as characters.
pub const MARKS: [char; 3] = ['®', '™', '©'];

/// The words of a search: a row is found when each of them is part of one of its searched fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    words: Vec<SearchWord>,
}

/// One word of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchWord {
    /// What is part of the text.
    pub needle: Needle,
    /// The capacities that the word also stands for, GB; none where it is no size.
    pub capacities: Vec<i64>,
}

/// What a word is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needle {
    /// With folded fields.
    Folded(String),
    /// With fields in lower case, since nothing is left of the word itself when it is folded.
    Exact(String),
}

impl Search {
    /// Reads a search; none where it has no words.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, Invalid> {
        if text.chars().nth(MAX_SEARCH_LENGTH).is_some() {
            return Err(("length", format!("must be at most {MAX_SEARCH_LENGTH} characters long")));
        }
        let mut words: Vec<SearchWord> = Vec::new();
        // Two white spaces in a row have an empty piece between them.
        let mut pieces = text.split(char::is_whitespace).peekable();
        while let Some(piece) = pieces.next() {
            // A number and its unit across one space are one word.
            let unit = pieces.next_if(|next| is_number(piece) && is_unit(next)).unwrap_or_default();
            let word = SearchWord::of(&format!("{piece}{unit}"));
            if !piece.is_empty() && !words.contains(&word) {
                words.push(word);
            }
        }
        if words.len() > MAX_SEARCH_WORDS {
            return Err(("length", format!("must have at most {MAX_SEARCH_WORDS} words")));
        }
        Ok((!words.is_empty()).then_some(Self { words }))
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &[SearchWord] {
        &self.words
    }

    /// Whether a row with these searched fields and this capacity is found.
    #[must_use]
    pub fn matches(&self, fields: &[&str], capacity: Option<i64>) -> bool {
        let is_in = |needle: &Needle, field: &str| match needle {
            Needle::Folded(needle) => fold(field).contains(needle),
            Needle::Exact(needle) => field.to_ascii_lowercase().contains(needle),
        };
        self.words.iter().all(|word| {
            fields.iter().any(|field| is_in(&word.needle, field))
                || capacity.is_some_and(|capacity| word.capacities.contains(&capacity))
        })
    }
}

impl SearchWord {
    fn of(word: &str) -> Self {
        Self { needle: Needle::of(word), capacities: capacities(word) }
    }
}

impl Needle {
    fn of(word: &str) -> Self {
        Some(fold(word))
            .filter(|folded| !folded.is_empty())
            .map_or_else(|| Self::Exact(word.to_ascii_lowercase()), Self::Folded)
    }

    /// The text to look for.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Folded(text) | Self::Exact(text) => text,
        }
    }
}

/// A text as it is compared: ASCII letters in lower case, without marks, ASCII punctuation and white space (Unicode's).
#[must_use]
pub fn fold(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut folded = String::with_capacity(lower.len());
    let mut rest = lower.as_str();
    while let Some(character) = rest.chars().next() {
        if let Some(mark) = WRITTEN_MARKS.into_iter().find(|mark| rest.starts_with(mark)) {
            rest = &rest[mark.len()..];
            continue;
        }
        if !is_dropped(character) {
            folded.push(character);
        }
        rest = &rest[character.len_utf8()..];
    }
    folded
}

/// The characters that folding drops, but for those of [`WRITTEN_MARKS`] that it keeps elsewhere.
pub fn dropped() -> impl Iterator<Item = char> {
    // The last white space is U+3000.
    ('\u{1}'..='\u{3000}').filter(|character| is_dropped(*character))
}

fn is_dropped(character: char) -> bool {
    character.is_ascii_punctuation() || character.is_whitespace() || MARKS.contains(&character)
}

/// The capacities that a word stands for, when it is a size: 1 TB is 1,000 GB to those who sell it and 1,024 to others.
fn capacities(word: &str) -> Vec<i64> {
    let lower = word.to_ascii_lowercase();
    let (number, factors): (&str, &[f64]) = match (lower.strip_suffix("gb"), lower.strip_suffix("tb")) {
        (Some(number), _) => (number, &[1.0]),
        (_, Some(number)) => (number, &[1000.0, 1024.0]),
        _ => return Vec::new(),
    };
    let Some(number) = number.parse::<f64>().ok().filter(|_| is_number(number)) else { return Vec::new() };
    let rounded = factors.iter().map(|factor| (number * factor).round());
    // A column holds 32 bits; what is beyond them is found nowhere.
    #[expect(clippy::cast_possible_truncation, reason = "in the range of 32 bits")]
    let mut capacities: Vec<i64> = rounded.map(|capacity| capacity.min(f64::from(i32::MAX)) as i64).collect();
    capacities.dedup();
    capacities
}

fn is_unit(text: &str) -> bool {
    text.eq_ignore_ascii_case("gb") || text.eq_ignore_ascii_case("tb")
}

/// `[0-9]+(\.[0-9]+)?`
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn search(text: &str) -> Search {
        Search::parse(text).unwrap().unwrap()
    }

    fn finds(text: &str, fields: &[&str]) -> bool {
        search(text).matches(fields, None)
    }

    #[test]
    fn spaces_punctuation_and_marks_do_not_matter() {
        for text in ["i5 12400", "i5-12400", "i512400", "Core i5", "core(tm) I5", "12400 intel", "INTEL CORE® I5-12400"]
        {
            for name in ["Intel Core i5-12400", "Intel(R) Core(TM) i5-12400", "Intel® Core™\u{a0}i5 12400"] {
                assert!(finds(text, &[name]), "{text} in {name}");
            }
        }
        for text in ["i5 12500", "i5-1240x", "core i7", "core x"] {
            assert!(!finds(text, &["Intel(R) Core(TM) i5-12400"]), "{text}");
        }
    }

    #[test]
    fn every_word_is_part_of_one_field() {
        let gpu = ["GeForce RTX 4090", "NVIDIA"];
        assert!(finds("nvidia 4090", &gpu) && finds("rtx4090 nvid", &gpu) && finds("4090", &gpu));
        assert!(!finds("nvidia 4080", &gpu));
        assert!(!finds("4090nvidia", &gpu), "no match crosses the border of two fields");
        assert!(!finds("nvidia geforce4090", &gpu));
    }

    #[test]
    fn a_word_of_punctuation_is_looked_for_as_it_is() {
        assert!(finds("%", &["100% _"]) && finds("_", &["100% _"]) && finds("100 %", &["100% _"]));
        assert!(!finds("%", &["100"]) && !finds("_", &["a b"]) && !finds("(r)", &["®"]));
        assert!(finds("(R)", &["Core(r)"]) && finds("®", &["Core®"]));
    }

    #[test]
    fn a_size_is_also_a_capacity() {
        for (text, capacities) in [
            ("1tb", vec![1000, 1024]),
            ("1 TB", vec![1000, 1024]),
            ("1\u{a0}Tb", vec![1000, 1024]),
            ("0.5tb", vec![500, 512]),
            ("1.92TB", vec![1920, 1966]),
            ("32gb", vec![32]),
            ("32 GB", vec![32]),
            ("0tb", vec![0]),
            ("999999999999tb", vec![i64::from(i32::MAX)]),
            ("tb", vec![]),
            (".5tb", vec![]),
            ("1.tb", vec![]),
            ("1e3tb", vec![]),
            ("1,5tb", vec![]),
            ("+1tb", vec![]),
            ("1tbs", vec![]),
            ("１tb", vec![]),
        ] {
            let words = search(text).words;
            assert_eq!((words.len(), &words[0].capacities), (1, &capacities), "{text}");
        }
        assert_eq!(search("1  tb").words.len(), 2, "across one space");
        assert!(search("1tb nvme").matches(&["NVME"], Some(1024)) && search("ddr5 32 gb").matches(&["ddr5"], Some(32)));
        assert!(
            !search("1tb nvme").matches(&["NVME"], Some(2000)) && !search("1tb nvme").matches(&["SATA"], Some(1000))
        );
        assert!(search("2 TB").matches(&["Barracuda 2TB"], None), "a size is a word as well");
        assert!(!search("2 TB").matches(&["990 1TB M.2"], None), "one word");
    }

    #[test]
    fn a_search_is_bounded() {
        assert_eq!(Search::parse(""), Ok(None));
        assert_eq!(Search::parse(" \t\u{3000}\n"), Ok(None));
        assert!(Search::parse(&"é".repeat(MAX_SEARCH_LENGTH)).is_ok());
        assert_eq!(Search::parse(&"a".repeat(1_000_000)).unwrap_err().0, "length");
        let words = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(search(&words(MAX_SEARCH_WORDS)).words.len(), MAX_SEARCH_WORDS);
        assert_eq!(Search::parse(&words(MAX_SEARCH_WORDS + 1)).unwrap_err().0, "length");
        assert_eq!(search(&"a ".repeat(500)).words.len(), 1, "the same word is one");
    }

    /// Texts over what folding treats in its own way.
    const TEXT: &str = "([a-cRtT05]|[ \u{a0}\u{2003}\\n]|[-_%.(]|®|™|\\(R\\)|\\(tm\\)|é|1 ?[GT]b){0,8}";

    /// Whether a part of a text begins or ends within a mark that is written out.
    fn cuts_a_mark(text: &str, start: usize, end: usize) -> bool {
        let lower = text.to_ascii_lowercase();
        let mut marks = WRITTEN_MARKS.iter().flat_map(|mark| lower.match_indices(mark));
        marks.any(|(at, mark)| [start, end].iter().any(|cut| at < *cut && *cut < at + mark.len()))
    }

    proptest! {
        #[test]
        fn a_folded_text_stays_as_it_is(text in TEXT) {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded);
        }

        #[test]
        fn folding_has_no_regard_to_case_white_space_and_punctuation(one in TEXT, other in TEXT) {
            let joined = fold(&one) + &fold(&other);
            for between in [" ", "\u{3000}", " - ", "®", " (TM) ", "\t"] {
                prop_assert_eq!(&fold(&format!("{one}{between}{other}").to_ascii_uppercase()), &joined);
            }
        }

        #[test]
        fn the_list_of_what_is_dropped_is_complete(character in any::<char>()) {
            let kept = fold(&character.to_string());
            prop_assert_eq!(kept.is_empty(), dropped().any(|dropped| dropped == character));
        }

        /// What a plain comparison without regard to ASCII case finds, this finds too.
        #[test]
        fn a_part_of_a_field_finds_it(before in TEXT, part in TEXT, after in TEXT, other in TEXT) {
            let field = format!("{before}{part}{after}");
            let (start, end) = (before.len(), before.len() + part.len());
            prop_assume!(!cuts_a_mark(&field, start, end));
            for text in [part.clone(), part.to_ascii_uppercase(), part.to_ascii_lowercase(), format!(" {part}\n")] {
                if let Some(search) = Search::parse(&text).unwrap() {
                    prop_assert!(search.matches(&[&other, &field], None), "{text:?} in {field:?}");
                }
            }
        }

        #[test]
        fn words_are_found_apart_as_together(words in prop::collection::vec("[a-c05é%]{1,3}|1tb", 1..5), field in TEXT, other in TEXT) {
            let fields = [field.as_str(), &other];
            let together = search(&words.join(" ")).matches(&fields, Some(1024));
            prop_assert_eq!(together, words.iter().all(|word| search(word).matches(&fields, Some(1024))));
        }
    }
}
