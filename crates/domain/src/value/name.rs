//! Names as people see them: two that look alike are the same (contract section 1).

/// The name without what nobody sees: white space at the ends goes and each run of it becomes one space; invisible
/// characters go, joiners (which carry meaning inside of words) only where there is nothing to join.
#[must_use]
pub fn clean_name(name: &str) -> String {
    let visible: String = name.chars().filter(|character| !is_invisible(*character)).collect();
    let words = visible.split(char::is_whitespace).map(|word| word.trim_matches(is_joiner));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The characters that a clean name does not have, or not everywhere; and the space, of which it has single ones between words,
/// is none of them.
pub fn unclean_characters() -> impl Iterator<Item = char> {
    let is_unclean = |it: char| is_invisible(it) || is_joiner(it) || (it.is_whitespace() && it != ' ');
    // The last is U+FEFF.
    ('\u{1}'..='\u{feff}').filter(move |character| is_unclean(*character))
}

/// Soft hyphen, zero width space, direction marks and their like, word joiner, byte order mark.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

/// Zero width non-joiner and joiner.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_nobody_sees_goes() {
        for (name, clean) in [
            ("Ryzen 5", "Ryzen 5"),
            ("  Ryzen\t 5\n", "Ryzen 5"),
            ("\u{feff}Ryzen\u{a0}5\u{200b}", "Ryzen 5"),
            ("Ry\u{ad}zen", "Ryzen"),
            ("\u{202a}a\u{202c}", "a"),
            ("a\u{200d}b", "a\u{200d}b"),
            ("\u{200d}a \u{200c} b\u{200d}", "a b"),
            ("   ", ""),
            ("\u{a0}", ""),
            ("\n", ""),
            ("\u{200b}", ""),
        ] {
            assert_eq!(clean_name(name), clean, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_cleaned_has_an_unclean_character_or_a_space_too_many(name in "[ a-c]{0,6}|.{0,6}") {
            let spaces = name.starts_with(' ') || name.ends_with(' ') || name.contains("  ");
            let has_unclean = unclean_characters().any(|character| name.contains(character));
            prop_assert!(clean_name(&name) == name || spaces || has_unclean);
        }

        #[test]
        fn a_clean_name_is_clean(name in "[a\u{ad}\u{200b}-\u{200f}\u{a0}\u{2060}\u{3000} \\t\\n]{0,12}") {
            let clean = clean_name(&name);
            prop_assert_eq!(clean_name(&clean), clean);
        }
    }
}
