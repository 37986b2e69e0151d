//! Texts of a client as answers and the log repeat them: not longer than a person reads.

use std::borrow::Cow;

/// The longest text of a client that is repeated whole, bytes.
const MAX_LENGTH: usize = 300;

/// What a cut text ends with.
const ELLIPSIS: &str = "...";

/// The text, or its beginning.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_LENGTH {
        return Cow::Borrowed(text);
    }
    let mut end = MAX_LENGTH - ELLIPSIS.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(text[..end].to_owned() + ELLIPSIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        for whole in [String::new(), "a".to_owned(), "a".repeat(300), "é".repeat(150)] {
            assert_eq!(excerpt(&whole), whole);
        }
        assert_eq!(excerpt(&"a".repeat(301)), "a".repeat(297) + "...");
        assert_eq!(excerpt(&"é".repeat(151)), "é".repeat(148) + "...");
    }
}
