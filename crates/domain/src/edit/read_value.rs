//! What JSON each kind of field accepts, and which error it finds in anything else.

use std::cell::Cell;
use std::collections::HashSet;

use url::{SyntaxViolation, Url};

use super::validate::{self, NUL, TOO_LARGE};
use crate::model::enumeration::Enumeration;
use crate::model::field::{Field, Kind};
use crate::model::stored_document;
use crate::model::vocabulary::Vocabulary;
use crate::refusal::field_error::{FieldError, FieldErrors};
use crate::refusal::pointer::Place;
use crate::value::document::Document;
use crate::value::json::Json;
use crate::value::{Timestamp, Value};

const URL_EXPECTED: &str = "must be an http or https address with a host, such as https://example.com/item/1";
const TIME_EXPECTED: &str = "must be a date and time such as 2026-01-31T12:00:00Z, in the years 1 to 9999";

/// What a word, a time or a number is read as, or the code and the text of its error.
type Read = Result<Value, (&'static str, String)>;

/// Reads a value that is not null, no child rows and no word of an enumeration.
///
/// `stored` is what the field holds now: the parts of a document that equal it are not validated again.
///
/// # Errors
/// Every error of type; those of range and length are found when the whole entity is validated.
pub(super) fn read(
    field: &Field,
    given: &Json,
    trims: bool,
    stored: Option<&Value>,
    place: &Place<'_>,
) -> Result<Value, FieldErrors> {
    let stored = || stored.and_then(Value::as_document).and_then(Document::json);
    let read = match (field.kind, given) {
        (_, Json::String(text)) if text.contains('\0') => Err(("nul", NUL.to_owned())),
        (Kind::Text, Json::String(text)) => Ok(text_or_null(text, trims, field.required)),
        (Kind::Url, Json::String(text)) if text.is_empty() => Ok(Value::Null),
        (Kind::Url, Json::String(text)) if is_web_address(text) => Ok(Value::Text(text.clone())),
        (Kind::Url, Json::String(_)) => Err(("url", URL_EXPECTED.to_owned())),
        (Kind::Int, Json::Number(_)) => match given.as_integer() {
            Some(number) if i32::try_from(number).is_ok() => Ok(Value::Int(number)),
            Some(_) => Err(("range", field.limits.integer_range())),
            None => Err(("type", "must be a whole number, without a fraction".to_owned())),
        },
        (Kind::Float, Json::Number(_)) => {
            // A zero has no sign: one answer on both databases.
            given.as_f64().map(|number| Value::Float(number + 0.0)).ok_or(("range", TOO_LARGE.to_owned()))
        }
        (Kind::Bool, Json::Bool(flag)) => Ok(Value::Bool(*flag)),
        (Kind::Time, Json::String(text)) if text.is_empty() => Ok(Value::Null),
        (Kind::Time, Json::String(text)) => read_time(text),
        (Kind::Object | Kind::Weights, Json::Object(members)) => {
            let errors = validate::document(field.kind, members, stored(), place, false);
            // Its text alone: what it says is there already, in the body.
            return errors.into_result(Value::Json(given.to_string().into()));
        }
        (Kind::AnyJson, given) => {
            let mut errors = FieldErrors::default();
            validate::value(given, stored(), place, &mut errors);
            return errors.into_result(Value::Json(given.to_string().into()));
        }
        (Kind::Links, Json::Array(items)) => return read_items(items, stored(), place, link),
        (Kind::Texts, Json::Array(items)) => return read_items(items, stored(), place, text),
        (Kind::Text | Kind::Time | Kind::Url | Kind::Enum(_), _) => Err(wrong_type("a string", given)),
        (Kind::Int, _) => Err(wrong_type("a whole number", given)),
        (Kind::Float, _) => Err(wrong_type("a number", given)),
        (Kind::Bool, _) => Err(wrong_type("a boolean", given)),
        (Kind::Object | Kind::Weights, _) => Err(wrong_type("an object", given)),
        (Kind::Links | Kind::Texts | Kind::Children(_), _) => Err(wrong_type("an array", given)),
        (Kind::Absent, _) => Err(wrong_type("left out", given)),
    };
    read.map_err(|(code, detail)| FieldError::new(place.pointer(), code, detail).into())
}

/// Reads a word of an enumeration, or what stands for one beside the value of another field.
pub(super) fn read_enum(
    enumeration: &'static Enumeration,
    text: &str,
    beside: Option<&str>,
    vocabulary: &Vocabulary,
) -> Read {
    if text.is_empty() {
        return Ok(Value::Text(enumeration.default.to_owned()));
    }
    let word = vocabulary.read(enumeration, text, beside);
    word.map(|word| Value::Text(word.to_owned())).map_err(|detail| ("enum", detail))
}

/// Reads a word of an enumeration; spellings are not accepted.
pub(crate) fn read_word(enumeration: &'static Enumeration, text: &str, vocabulary: &Vocabulary) -> Read {
    let word = vocabulary.word(enumeration, text).map(|word| Value::Text(word.to_owned()));
    word.ok_or_else(|| ("enum", vocabulary.expected(enumeration)))
}

pub(crate) fn read_time(text: &str) -> Read {
    Timestamp::parse(text).map(Value::Time).ok_or_else(|| ("time", TIME_EXPECTED.to_owned()))
}

fn wrong_type(expected: &str, given: &Json) -> (&'static str, String) {
    ("type", format!("must be {expected}, not {}", given.type_name()))
}

fn text_of(text: &str, trims: bool) -> &str {
    if trims { text.trim() } else { text }
}

fn text_or_null(text: &str, trims: bool, required: bool) -> Value {
    let text = text_of(text, trims);
    if text.is_empty() && !required { Value::Null } else { Value::Text(text.to_owned()) }
}

/// Whether a text is an address as it stands. The parser mends what it can (`https:example.com`, white space around or
/// inside, backslashes); what is stored is what was sent, so it must not need mending.
fn is_web_address(text: &str) -> bool {
    let is_mended = Cell::new(false);
    let note = |violation| {
        use SyntaxViolation::{Backslash, C0SpaceIgnored, ExpectedDoubleSlash, TabOrNewlineIgnored};
        if matches!(violation, Backslash | C0SpaceIgnored | ExpectedDoubleSlash | TabOrNewlineIgnored) {
            is_mended.set(true);
        }
    };
    let url = Url::options().syntax_violation_callback(Some(&note)).parse(text);
    url.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) && !is_mended.get()
}

/// Reads an array item by item; an item that is stored just so is kept as it is.
fn read_items(
    items: &[Json],
    stored: Option<&Json>,
    place: &Place<'_>,
    read: impl Fn(&Json, &Place<'_>) -> Result<Json, FieldErrors>,
) -> Result<Value, FieldErrors> {
    let known = if let Some(Json::Array(known)) = stored { known.as_slice() } else { &[] };
    let known: HashSet<&Json> = known.iter().collect();
    let mut shown = Vec::with_capacity(items.len());
    let mut errors = FieldErrors::default();
    for (index, item) in items.iter().enumerate() {
        if known.contains(item) {
            shown.push(item.clone());
            continue;
        }
        match read(item, &place.item(index)) {
            Ok(item) => shown.push(item),
            Err(found) => errors.extend(found),
        }
    }
    errors.into_result(Value::Json(Json::Array(shown).into()))
}

/// A text of an array.
fn text(item: &Json, place: &Place<'_>) -> Result<Json, FieldErrors> {
    let (code, detail) = match item {
        Json::String(text) if text.contains('\0') => ("nul", NUL.to_owned()),
        Json::String(_) => return Ok(item.clone()),
        _ => wrong_type("a string", item),
    };
    Err(FieldError::new(place.pointer(), code, detail).into())
}

/// `{url, label}`, or a bare address.
fn link(item: &Json, place: &Place<'_>) -> Result<Json, FieldErrors> {
    let member = place.member("url");
    let (url, label, url_place) = match item {
        Json::String(_) => (Some(item), None, place),
        Json::Object(members) => (members.get("url"), members.get("label"), &member),
        _ => {
            let (code, detail) = wrong_type("an object with url and label", item);
            return Err(FieldError::new(place.pointer(), code, detail).into());
        }
    };
    let mut errors = FieldErrors::default();
    let mut refuse = |place: &Place<'_>, (code, detail)| errors.push(FieldError::new(place.pointer(), code, detail));
    match url {
        Some(Json::String(text)) if is_web_address(text) => {}
        Some(Json::String(_)) => refuse(url_place, ("url", URL_EXPECTED.to_owned())),
        Some(other) => refuse(url_place, wrong_type("a string", other)),
        None => refuse(url_place, ("required", "is required".to_owned())),
    }
    match label {
        None | Some(Json::Null | Json::String(_)) => {}
        Some(other) => refuse(&place.member("label"), wrong_type("a string", other)),
    }
    validate::value(item, None, place, &mut errors);
    if errors.is_empty() {
        let of = |part: Option<&Json>| part.cloned().unwrap_or(Json::Null);
        Ok(stored_document::link(of(url), of(label)))
    } else {
        Err(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::is_web_address;

    #[test]
    fn an_address_is_one_without_being_mended() {
        for text in ["https://example.com", "HTTP://example.com:8080/a b?c=%zz#d", "https://user@[::1]/x"] {
            assert!(is_web_address(text), "{text}");
        }
        for text in [
            "https:example.com",
            "https:/example.com",
            "https:///example.com",
            " https://example.com ",
            "ht\ntps://example.com",
            "https:\\\\example.com",
            "https://example.com\\x",
            "ftp://example.com",
            "example.com",
            "https://",
        ] {
            assert!(!is_web_address(text), "{text}");
        }
    }
}
