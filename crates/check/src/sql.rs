//! Names and texts as SQL writes them.

/// A name that may hold anything.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The name that an identifier stands for, quoted or not.
pub(crate) fn bare(identifier: &str) -> String {
    match identifier.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(name) => name.replace("\"\"", "\""),
        None => identifier.to_owned(),
    }
}

/// A text.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_what_it_was() {
        for name in ["cpu_id", "User", "a\"b", "order"] {
            assert_eq!(bare(&identifier(name)), name);
        }
        assert_eq!((bare("cpu_id"), literal("it's")), ("cpu_id".to_owned(), "'it''s'".to_owned()));
    }
}
