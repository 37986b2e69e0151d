//! Reads JSON in one pass, and refuses repeated keys.
//!
//! `serde_json` checks the syntax of the whole text and decodes strings; what is left is to cut a text that is known to be
//! JSON into its parts, each of which is looked at once.

use indexmap::IndexMap;
use serde_json::value::RawValue;

use super::json::{Json, MAX_DEPTH, Object};

/// Why a text is not an acceptable JSON document, and where. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at line {line} column {column}")]
pub struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// The line.
    pub line: usize,
    /// The column, in bytes.
    pub column: usize,
}

/// Reads a whole document.
///
/// # Errors
/// Malformed JSON (RFC 8259), or a key given twice in one object.
pub fn parse(source: &[u8]) -> Result<Json, SyntaxError> {
    if source.is_empty() {
        return Err(SyntaxError { message: "it is empty".to_owned(), line: 1, column: 1 });
    }
    let raw: &RawValue = serde_json::from_slice(source).map_err(|error| SyntaxError::of_serde(&error))?;
    // Where the document begins, in the text that places are counted in.
    let begin = source.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let mut reader = Reader { text: raw.get(), at: 0 };
    reader.value(0).map_err(|(at, message)| SyntaxError::at(source, begin + at, message))
}

/// Reads a stored document as a body would hold it in a member: levels are counted from there, so that both come out alike
/// however deep they are. None where it repeats keys.
#[must_use]
pub(crate) fn parse_stored(text: &str) -> Option<Json> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    Reader { text: raw.get(), at: 0 }.value(1).ok()
}

/// Whether a text is JSON.
#[must_use]
pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

/// The members of an object, each value as its text; of a repeated key the last counts. None where the text is no object.
#[must_use]
pub(crate) fn split(text: &str) -> Option<IndexMap<String, &str>> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    split_valid(raw.get())
}

/// The same of a text that is known to be JSON without white space around it.
#[must_use]
pub(crate) fn split_valid(text: &str) -> Option<IndexMap<String, &str>> {
    let mut reader = Reader { text, at: 0 };
    if reader.peek() != b'{' {
        return None;
    }
    reader.at += 1;
    let mut members = IndexMap::new();
    while reader.has_more(b'}') {
        let key = reader.string().ok()?;
        reader.skip_white_space();
        // The colon.
        reader.at += 1;
        members.insert(key, reader.raw_value());
    }
    Some(members)
}

/// The document with white space and escapes normalised, for comparing; the text itself where it cannot be read
/// (a stored document may repeat keys or be deeper than this service would accept).
#[must_use]
pub(crate) fn canonical(text: &str) -> String {
    parse(text.as_bytes()).map_or_else(|_| text.to_owned(), |json| json.to_string())
}

impl SyntaxError {
    fn of_serde(error: &serde_json::Error) -> Self {
        Self { message: message(error), line: error.line(), column: error.column() }
    }

    fn at(source: &[u8], offset: usize, message: String) -> Self {
        let before = &source[..offset.min(source.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = before.split(|byte| *byte == b'\n').count();
        Self { message, line, column: before.len() - line_start + 1 }
    }
}

/// What the parser says, without the place.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// An offset in the text, and what is wrong there.
type Fault = (usize, String);

/// Walks over a text that is known to be JSON.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads the value that begins after white space.
    fn value(&mut self, depth: usize) -> Result<Json, Fault> {
        self.skip_white_space();
        match self.peek() {
            b'{' | b'[' if depth == MAX_DEPTH => Ok(Json::Deep(without_white_space(self.container()))),
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Json::String),
            b't' => Ok(Json::Bool(self.take(4) == "true")),
            b'f' => Ok(Json::Bool(self.take(5) == "true")),
            b'n' => {
                self.take(4);
                Ok(Json::Null)
            }
            _ => Ok(Json::Number(self.number().to_owned())),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, Fault> {
        let begin = self.at;
        self.at += 1;
        let mut members = Object::new();
        while self.has_more(b'}') {
            let key = self.string()?;
            self.skip_white_space();
            // The colon.
            self.at += 1;
            let value = self.value(depth + 1)?;
            if members.contains_key(&key) {
                return Err((begin, format!("the key {key:?} is given twice in one object")));
            }
            members.insert(key, value);
        }
        members.shrink_to_fit();
        Ok(Json::Object(members))
    }

    fn array(&mut self, depth: usize) -> Result<Json, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        while self.has_more(b']') {
            items.push(self.value(depth + 1)?);
        }
        // Most arrays of a document that is nothing but arrays hold one item, and would keep room for four.
        items.shrink_to_fit();
        Ok(Json::Array(items))
    }

    /// Goes to the next item of a container, or past its end.
    fn has_more(&mut self, end: u8) -> bool {
        self.skip_white_space();
        if self.peek() == b',' {
            self.at += 1;
            self.skip_white_space();
        }
        let ends = self.peek() == end;
        self.at += usize::from(ends);
        !ends
    }

    fn string(&mut self) -> Result<String, Fault> {
        let begin = self.at;
        let (raw, is_escaped) = self.raw_string();
        if !is_escaped {
            return Ok(raw[1..raw.len() - 1].to_owned());
        }
        serde_json::from_str(raw).map_err(|error| (begin, message(&error)))
    }

    /// The string that begins here, with its quotes, and whether it has escapes.
    fn raw_string(&mut self) -> (&'a str, bool) {
        let begin = self.at;
        let mut is_escaped = false;
        self.at += 1;
        loop {
            match self.peek() {
                b'"' => break,
                b'\\' => {
                    is_escaped = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        self.at += 1;
        (&self.text[begin..self.at], is_escaped)
    }

    /// The text of the value that begins after white space.
    fn raw_value(&mut self) -> &'a str {
        self.skip_white_space();
        match self.peek() {
            b'{' | b'[' => self.container(),
            b'"' => self.raw_string().0,
            b't' | b'n' => self.take(4),
            b'f' => self.take(5),
            _ => self.number(),
        }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let begin = self.at;
        self.at += length;
        &self.text[begin..self.at]
    }

    fn number(&mut self) -> &'a str {
        let begin = self.at;
        while matches!(self.peek(), b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') {
            self.at += 1;
        }
        &self.text[begin..self.at]
    }

    /// The text of the container that begins here.
    fn container(&mut self) -> &'a str {
        let (begin, mut open) = (self.at, 0_usize);
        loop {
            match self.peek() {
                b'"' => {
                    self.raw_string();
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return &self.text[begin..self.at];
            }
        }
    }

    fn skip_white_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// The byte that comes next; zero, which no JSON has outside of strings, at the end.
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }
}

fn without_white_space(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let shown = text.chars().filter(|character| {
        let shows = in_string || !character.is_ascii_whitespace();
        if *character == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && *character == '\\' && !escaped;
        shows
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_text_key_order_and_nulls_survive() {
        let text =
            r#"{"b":1.50,"a":{"z":null,"y":[1e5,-0,12345678901234567890123]},"$serde_json::private::Number":"x"}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn a_document_has_no_more_room_than_it_needs() {
        let Json::Array(items) = parse(b"[[0],{\"a\":0}]").unwrap() else { panic!("an array") };
        assert_eq!(items.capacity(), 2);
        for item in items {
            match item {
                Json::Array(items) => assert_eq!(items.capacity(), 1),
                Json::Object(members) => assert!(members.capacity() <= 3, "{}", members.capacity()),
                other => panic!("{other}"),
            }
        }
    }

    #[test]
    fn a_repeated_key_is_refused_at_any_depth_and_placed() {
        let error = parse(b"{\"a\":1,\n \"b\": {\"c\":1,\"\\u0063\":2}}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 7), "{error}");
        assert!(error.message.contains("\"c\" is given twice"), "{error}");
    }

    #[test]
    fn syntax_errors_say_where() {
        let error = parse(b"{\"a\":\n 1,}").unwrap_err();
        assert_eq!(error.line, 2);
        assert!(parse(b"\"\\ud800\"").is_err(), "a lone surrogate is no text");
        assert!(parse(b"{} {}").is_err());
        assert!(parse(b"").is_err());
    }

    #[test]
    fn what_is_too_deep_is_kept_as_text() {
        let nested = |depth: usize| format!("{}\"a \\\" ]\" {}", "[".repeat(depth), "]".repeat(depth));
        let has_deep = |depth: usize| format!("{:?}", parse(nested(depth).as_bytes()).unwrap()).contains("Deep");
        assert!(!has_deep(MAX_DEPTH));
        assert!(has_deep(MAX_DEPTH + 1));
        let deep = nested(100_000);
        assert_eq!(parse(deep.as_bytes()).unwrap().to_string(), deep.replace("\" ]]", "\"]]"));
    }
}
