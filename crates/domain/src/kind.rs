//! The kinds of field: what JSON each accepts, and which fault it finds in anything else.

use url::Url;

use crate::json::MAX_DEPTH;
use crate::{Children, Fault, Field, Json, Object, Pointer, Timestamp, Value, Vocabulary};

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text.
    Text,
    /// A 32-bit integer.
    Int,
    /// A double.
    Float,
    /// A boolean.
    Bool,
    /// An instant.
    Time,
    /// An http or https address.
    Url,
    /// A word of a closed set.
    Enum(&'static Vocabulary),
    /// A JSON object of the caller's own keys.
    Object,
    /// A JSON object whose values are finite numbers.
    Weights,
    /// An array of `{url, label}`.
    Links,
    /// An array of texts.
    Texts,
    /// Any JSON; only in answers.
    AnyJson,
    /// Rows of a child table.
    Children(&'static Children),
    /// Always null: a member that clients expect and no column holds.
    Absent,
}

impl Kind {
    /// Whether a single comparable value is held, so that lists can filter and sort by it.
    #[must_use]
    pub fn is_scalar(self) -> bool {
        matches!(self, Self::Text | Self::Int | Self::Float | Self::Bool | Self::Time | Self::Url | Self::Enum(_))
    }

    /// Whether a number is held.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Float)
    }

    /// Whether a document is held, as JSON text.
    #[must_use]
    pub fn is_json(self) -> bool {
        matches!(self, Self::Object | Self::Weights | Self::Links | Self::Texts | Self::AnyJson | Self::Children(_))
    }

    /// Whether a patch merges into the stored document key by key.
    #[must_use]
    pub fn merges(self) -> bool {
        matches!(self, Self::Object | Self::Weights)
    }

    /// A stored document as answers show it: another type than the field's is shown as empty (contract section 10).
    #[must_use]
    pub fn stored_document(self, text: Option<String>) -> Value {
        let begins = |with: char| text.as_deref().is_some_and(|text| text.trim_start().starts_with(with));
        match self {
            Self::Object | Self::Weights if !begins('{') => Value::Json("{}".to_owned()),
            Self::Links | Self::Texts | Self::Children(_) if !begins('[') => Value::Json("[]".to_owned()),
            Self::Links | Self::Texts => Value::Json(self.stored_items(&text.unwrap_or_default())),
            _ => text.map_or(Value::Null, Value::Json),
        }
    }

    /// The items of a stored array in the one shape that answers have: earlier writers stored bare addresses beside
    /// objects, and other things than texts.
    fn stored_items(self, text: &str) -> String {
        let Ok(Json::Array(items)) = crate::json::parse(text.as_bytes()) else { return text.to_owned() };
        let shown = items.iter().filter_map(|item| match (self, item) {
            (Self::Links, Json::String(_)) => Some(link_text(item, None)),
            (Self::Links, Json::Object(_)) | (Self::Texts, Json::String(_)) => Some(item.to_string()),
            _ => None,
        });
        format!("[{}]", shown.collect::<Vec<_>>().join(","))
    }

    /// Reads a value that is not null.
    ///
    /// `stored` is what the field holds now: the parts of a document that equal it are not judged again.
    ///
    /// # Errors
    /// Every fault of type; those of range and length are found when the whole entity is validated.
    pub fn parse(self, field: &Field, given: &Json, trims: bool, stored: Option<&Value>) -> Result<Value, Vec<Fault>> {
        let pointer = Pointer::field(field.name);
        let wrong = |expected: &str| {
            vec![Fault::new(pointer.clone(), "type", format!("must be {expected}, not {}", given.type_name()))]
        };
        match (self, given) {
            (_, Json::String(text)) if text.contains('\0') => Err(vec![Fault::new(pointer, "nul", NUL)]),
            (Self::Text, Json::String(text)) => Ok(optional_text(text, trims, field.required)),
            (Self::Url, Json::String(text)) if text.is_empty() => Ok(Value::Null),
            (Self::Url, Json::String(text)) if is_web_address(text) => Ok(Value::Text(text.clone())),
            (Self::Url, Json::String(_)) => Err(vec![Fault::new(pointer, "url", URL_EXPECTED)]),
            (Self::Int, Json::Number(_)) => match given.as_integer() {
                Some(number) if i32::try_from(number).is_ok() => Ok(Value::Int(number)),
                Some(_) => Err(vec![Fault::new(pointer, "range", field.limits.integer_range())]),
                None => Err(vec![Fault::new(pointer, "type", "must be a whole number, without a fraction")]),
            },
            (Self::Float, Json::Number(_)) => match given.as_f64() {
                Some(number) => Ok(Value::Float(number)),
                None => Err(vec![Fault::new(pointer, "range", TOO_LARGE)]),
            },
            (Self::Bool, Json::Bool(flag)) => Ok(Value::Bool(*flag)),
            (Self::Time, Json::String(text)) if text.is_empty() => Ok(Value::Null),
            (Self::Time, Json::String(text)) => Timestamp::parse(text).map(Value::Time).ok_or_else(|| {
                vec![Fault::new(
                    pointer,
                    "time",
                    "must be a date and time such as 2026-01-31T12:00:00Z, in the years 1 to 9999",
                )]
            }),
            (Self::Enum(vocabulary), Json::String(text)) => {
                let text = if trims { text.trim() } else { text };
                if text.is_empty() {
                    return Ok(Value::Text(vocabulary.default.to_owned()));
                }
                vocabulary.parse(text).map(|word| Value::Text(word.to_owned())).ok_or_else(|| {
                    vec![Fault::new(pointer, "enum", format!("must be one of {}", vocabulary.values.join(", ")))]
                })
            }
            (Self::Object | Self::Weights, Json::Object(members)) => {
                let faults = self.judge_members(members, stored_json(stored).as_ref(), &pointer, false);
                done(faults, || given.to_string())
            }
            (Self::Links, Json::Array(items)) => read_items(items, stored, &pointer, link),
            (Self::Texts, Json::Array(items)) => read_items(items, stored, &pointer, |item, at| match item {
                Json::String(text) if text.contains('\0') => Err(vec![Fault::new(at, "nul", NUL)]),
                Json::String(_) => Ok(item.to_string()),
                _ => Err(vec![Fault::new(at, "type", format!("must be a string, not {}", item.type_name()))]),
            }),
            (Self::Children(children), Json::Array(items)) => children.parse(items, stored, &pointer),
            (Self::Text | Self::Time | Self::Url | Self::Enum(_), _) => Err(wrong("a string")),
            (Self::Int, _) => Err(wrong("a whole number")),
            (Self::Float, _) => Err(wrong("a number")),
            (Self::Bool, _) => Err(wrong("a boolean")),
            (Self::Object | Self::Weights, _) => Err(wrong("an object")),
            (Self::Links | Self::Texts | Self::Children(_), _) => Err(wrong("an array")),
            (Self::AnyJson | Self::Absent, _) => Err(wrong("left out")),
        }
    }

    /// What is wrong with the members of an object, those aside that are stored just so. In a patch, null removes a
    /// member, whatever the kind.
    pub(crate) fn judge_members(
        self,
        members: &Object,
        stored: Option<&Json>,
        at: &Pointer,
        is_patch: bool,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        check_members(members, stored, at, &mut faults);
        if matches!(self, Self::Weights) {
            let weights = members.iter().filter(|(_, weight)| !(is_patch && **weight == Json::Null));
            check_weights(weights, stored, at, &mut faults);
        }
        faults
    }
}

const URL_EXPECTED: &str = "must be an http or https address with a host, such as https://example.com/item/1";
const NUL: &str = "must not contain the character U+0000";
const NUL_IN_NAME: &str = "has the character U+0000 in its name";
const TOO_LARGE: &str = "is a number too large for a double";

fn optional_text(text: &str, trims: bool, required: bool) -> Value {
    let text = if trims { text.trim() } else { text };
    if text.is_empty() && !required { Value::Null } else { Value::Text(text.to_owned()) }
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn stored_json(stored: Option<&Value>) -> Option<Json> {
    crate::json::parse_stored(stored?.as_text()?)
}

fn done(faults: Vec<Fault>, text: impl FnOnce() -> String) -> Result<Value, Vec<Fault>> {
    if faults.is_empty() { Ok(Value::Json(text())) } else { Err(faults) }
}

/// What no document may hold (contract section 1): U+0000, which PostgreSQL has no place for, numbers that no double
/// can hold, and nesting without end. Parts that are stored just so are passed over.
fn check_document(given: &Json, stored: Option<&Json>, at: &Pointer, faults: &mut Vec<Fault>) {
    match given {
        Json::Number(_) if given.as_f64().is_none() && stored != Some(given) => {
            faults.push(Fault::new(at.clone(), "range", TOO_LARGE));
        }
        Json::String(text) if text.contains('\0') && stored != Some(given) => {
            faults.push(Fault::new(at.clone(), "nul", NUL));
        }
        Json::Deep(_) if stored != Some(given) => {
            faults.push(Fault::new(at.clone(), "depth", format!("is nested more than {MAX_DEPTH} levels deep")));
        }
        Json::Array(items) => {
            let known = if let Some(Json::Array(known)) = stored { known.as_slice() } else { &[] };
            for (index, item) in items.iter().enumerate().filter(|(_, item)| !known.contains(item)) {
                check_document(item, None, &at.item(index), faults);
            }
        }
        Json::Object(members) => check_members(members, stored, at, faults),
        _ => {}
    }
}

pub(crate) fn check_members(members: &Object, stored: Option<&Json>, at: &Pointer, faults: &mut Vec<Fault>) {
    let known = stored.and_then(Json::as_object);
    for (key, value) in members {
        let stored = known.and_then(|known| known.get(key));
        let at = at.child(key);
        if key.contains('\0') && stored.is_none() {
            faults.push(Fault::new(at.clone(), "nul", NUL_IN_NAME));
        }
        check_document(value, stored, &at, faults);
    }
}

/// A weight is a number, unless something else is stored already.
fn check_weights<'a>(
    members: impl IntoIterator<Item = (&'a String, &'a Json)>,
    stored: Option<&Json>,
    at: &Pointer,
    faults: &mut Vec<Fault>,
) {
    let known = stored.and_then(Json::as_object);
    for (key, value) in members {
        let is_stored = known.and_then(|known| known.get(key)) == Some(value);
        if !matches!(value, Json::Number(_)) && !is_stored {
            let detail = format!("must be a number, not {}", value.type_name());
            faults.push(Fault::new(at.child(key), "type", detail));
        }
    }
}

/// Reads an array item by item; an item that is stored just so is kept as it is.
fn read_items(
    items: &[Json],
    stored: Option<&Value>,
    pointer: &Pointer,
    read: impl Fn(&Json, Pointer) -> Result<String, Vec<Fault>>,
) -> Result<Value, Vec<Fault>> {
    let known = match stored_json(stored) {
        Some(Json::Array(known)) => known,
        _ => Vec::new(),
    };
    let mut texts = Vec::with_capacity(items.len());
    let mut faults = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if known.contains(item) {
            texts.push(item.to_string());
            continue;
        }
        match read(item, pointer.item(index)) {
            Ok(text) => texts.push(text),
            Err(found) => faults.extend(found),
        }
    }
    done(faults, || format!("[{}]", texts.join(",")))
}

/// `{url, label}`, or a bare address.
fn link(item: &Json, at: Pointer) -> Result<String, Vec<Fault>> {
    let (url, label, url_at) = match item {
        Json::String(_) => (Some(item), None, at.clone()),
        Json::Object(members) => (members.get("url"), members.get("label"), at.child("url")),
        _ => {
            let detail = format!("must be an object with url and label, not {}", item.type_name());
            return Err(vec![Fault::new(at, "type", detail)]);
        }
    };
    let mut faults = Vec::new();
    match url {
        Some(Json::String(text)) if is_web_address(text) => {}
        Some(Json::String(_)) => faults.push(Fault::new(url_at, "url", URL_EXPECTED)),
        Some(other) => faults.push(Fault::new(url_at, "type", format!("must be a string, not {}", other.type_name()))),
        None => faults.push(Fault::new(url_at, "required", "is required")),
    }
    match label {
        None | Some(Json::Null | Json::String(_)) => {}
        Some(other) => {
            faults.push(Fault::new(at.child("label"), "type", format!("must be a string, not {}", other.type_name())));
        }
    }
    check_document(item, None, &at, &mut faults);
    if faults.is_empty() { Ok(link_text(url.unwrap_or(&Json::Null), label)) } else { Err(faults) }
}

fn link_text(url: &Json, label: Option<&Json>) -> String {
    format!(r#"{{"url":{url},"label":{}}}"#, label.unwrap_or(&Json::Null))
}
