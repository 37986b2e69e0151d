//! The parts of a `create table` statement of SQLite, which keeps the text alone. Only as much of its grammar is read as tells
//! where a part ends: quotes, comments, parentheses and commas.

/// A statement taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) parts: Vec<Part>,
    /// What follows the last parenthesis, such as `strict`.
    pub(super) options: String,
}

/// What stands between two commas.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Column { name: String, text: String },
    Constraint { name: Option<String>, text: String },
}

/// Takes a `create table` statement apart.
pub(super) fn split(sql: &str) -> Split {
    let tokens = tokens(sql);
    let mut depth = 0_usize;
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut options = Vec::new();
    for token in tokens {
        match token {
            "(" => {
                depth += 1;
                if depth == 1 {
                    parts.push(Vec::new());
                    continue;
                }
            }
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 1 => {
                parts.push(Vec::new());
                continue;
            }
            _ => {}
        }
        match (depth, parts.last_mut()) {
            (1.., Some(part)) => part.push(token),
            (0, Some(_)) if token != ")" => options.push(token),
            _ => {}
        }
    }
    Split { parts: parts.iter().filter_map(|tokens| part(tokens)).collect(), options: joined(&options) }
}

fn part(tokens: &[&str]) -> Option<Part> {
    let (first, rest) = tokens.split_first()?;
    let word = first.to_ascii_lowercase();
    Some(match (word.as_str(), rest) {
        ("constraint", [name, rest @ ..]) => Part::Constraint { name: Some(unquoted(name)), text: joined(rest) },
        ("primary" | "unique" | "check" | "foreign", _) => Part::Constraint { name: None, text: joined(tokens) },
        _ => Part::Column { name: unquoted(first), text: joined(rest) },
    })
}

/// A statement without comments and line ends, in which two texts that say the same look the same.
pub(super) fn plain(sql: &str) -> String {
    joined(&tokens(sql))
}

fn joined(tokens: &[&str]) -> String {
    let mut out = String::new();
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| tokens[index]);
        let is_tight = matches!(*token, "," | ")" | ";" | ".") || matches!(before, None | Some("(" | "."));
        if !is_tight {
            out.push(' ');
        }
        out += token;
    }
    out
}

fn unquoted(token: &str) -> String {
    let inner = |open, close| token.strip_prefix(open).and_then(|token| token.strip_suffix(close));
    match inner('"', '"').or_else(|| inner('`', '`')).or_else(|| inner('[', ']')) {
        Some(name) => name.replace("\"\"", "\""),
        None => token.to_owned(),
    }
}

/// What operators of several characters are made of.
const OPERATORS: &str = "<>=!|&-";

/// Words, quoted texts, operators, and single characters that are neither.
fn tokens(sql: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' | '`' => quoted(rest, first),
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            _ if rest.starts_with("--") => {
                rest = rest.find('\n').map_or("", |end| rest[end..].trim_start());
                continue;
            }
            _ if rest.starts_with("/*") => {
                rest = rest.find("*/").map_or("", |end| rest[end + 2..].trim_start());
                continue;
            }
            _ if is_word(first) => rest.find(|character| !is_word(character)).unwrap_or(rest.len()),
            _ if OPERATORS.contains(first) => {
                rest.find(|character| !OPERATORS.contains(character)).unwrap_or(rest.len())
            }
            _ => first.len_utf8(),
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// The length of a quoted text, in which its quotation mark is written twice.
fn quoted(text: &str, mark: char) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((place, character)) = characters.next() {
        if character == mark && characters.next_if(|(_, next)| *next == mark).is_none() {
            return place + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_taken_apart_at_its_commas() {
        let sql = "create table \"a (b\" (
            id integer primary key, -- not this, (nor this
            \"from, to\" text not null default '(,''', price real check (price >= 0 and kind in ('a', 'b')),
            constraint key unique (price, id), /* , */ foreign key (id) references b (id)
        ) strict, without rowid";
        let column = |name: &str, text: &str| Part::Column { name: name.into(), text: text.into() };
        let constraint =
            |name: Option<&str>, text: &str| Part::Constraint { name: name.map(Into::into), text: text.into() };
        assert_eq!(
            split(sql),
            Split {
                parts: vec![
                    column("id", "integer primary key"),
                    column("from, to", "text not null default '(,'''"),
                    column("price", "real check (price >= 0 and kind in ('a', 'b'))"),
                    constraint(Some("key"), "unique (price, id)"),
                    constraint(None, "foreign key (id) references b (id)"),
                ],
                options: "strict, without rowid".into(),
            }
        );
    }

    #[test]
    fn layout_and_comments_make_no_difference() {
        let one = plain("create index i on t (\n  lower(a), -- folded\n  b\n)");
        assert_eq!(one, plain("create index i  on t(lower( a ),b)"));
        assert_eq!(plain("select 'a  b'"), "select 'a  b'");
    }
}
