//! What no document may hold (contract section 1). Parts that equal the stored ones are passed over.

use std::collections::HashSet;

use crate::model::field::Kind;
use crate::refusal::field_error::{FieldError, FieldErrors};
use crate::refusal::pointer::Place;
use crate::value::json::{Json, MAX_DEPTH, Object};

pub(super) const NUL: &str = "must not contain the character U+0000";
pub(super) const TOO_LARGE: &str = "is a number too large for a double";
const NUL_IN_NAME: &str = "has the character U+0000 in its name";

/// Finds what is wrong with the members of a field's object that differ from the stored ones. In a patch, null removes a
/// member, whatever the kind.
pub(super) fn document(
    kind: Kind,
    given: &Object,
    stored: Option<&Json>,
    place: &Place<'_>,
    is_patch: bool,
) -> FieldErrors {
    let mut errors = FieldErrors::default();
    members(given, stored, place, &mut errors);
    if matches!(kind, Kind::Weights) {
        let numbers = given.iter().filter(|(_, weight)| !(is_patch && **weight == Json::Null));
        weights(numbers, stored, place, &mut errors);
    }
    errors
}

/// Finds U+0000, which PostgreSQL has no place for, numbers that no double can hold, and nesting without end.
pub(super) fn value(given: &Json, stored: Option<&Json>, place: &Place<'_>, errors: &mut FieldErrors) {
    let mut refuse = |code, detail: String| {
        if stored != Some(given) {
            errors.push(FieldError::new(place.pointer(), code, detail));
        }
    };
    match given {
        Json::Number(_) if given.as_f64().is_none() => refuse("range", TOO_LARGE.to_owned()),
        Json::String(text) if text.contains('\0') => refuse("nul", NUL.to_owned()),
        Json::Deep(_) => refuse("depth", format!("is nested more than {MAX_DEPTH} levels deep")),
        Json::Array(items) => {
            let known = if let Some(Json::Array(known)) = stored { known.as_slice() } else { &[] };
            let known: HashSet<&Json> = known.iter().collect();
            for (index, item) in items.iter().enumerate().filter(|(_, item)| !known.contains(item)) {
                value(item, None, &place.item(index), errors);
            }
        }
        Json::Object(given) => members(given, stored, place, errors),
        _ => {}
    }
}

/// The same for each member of an object, and its name.
pub(super) fn members<'a>(
    given: impl IntoIterator<Item = (&'a String, &'a Json)>,
    stored: Option<&Json>,
    place: &Place<'_>,
    errors: &mut FieldErrors,
) {
    let known = stored.and_then(Json::as_object);
    for (key, given) in given {
        let stored = known.and_then(|known| known.get(key));
        let place = place.member(key);
        if key.contains('\0') && stored.is_none() {
            errors.push(FieldError::new(place.pointer(), "nul", NUL_IN_NAME));
        }
        value(given, stored, &place, errors);
    }
}

/// Finds U+0000 alone, in members that nobody reads.
pub(super) fn nul<'a>(
    given: impl IntoIterator<Item = (&'a String, &'a Json)>,
    place: &Place<'_>,
    errors: &mut FieldErrors,
) {
    for (key, given) in given {
        let place = place.member(key);
        if key.contains('\0') {
            errors.push(FieldError::new(place.pointer(), "nul", NUL_IN_NAME));
        }
        nul_in(given, &place, errors);
    }
}

fn nul_in(given: &Json, place: &Place<'_>, errors: &mut FieldErrors) {
    match given {
        Json::String(text) if text.contains('\0') => errors.push(FieldError::new(place.pointer(), "nul", NUL)),
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                nul_in(item, &place.item(index), errors);
            }
        }
        Json::Object(members) => nul(members, place, errors),
        _ => {}
    }
}

/// A weight is a number, unless something else is stored already.
fn weights<'a>(
    given: impl IntoIterator<Item = (&'a String, &'a Json)>,
    stored: Option<&Json>,
    place: &Place<'_>,
    errors: &mut FieldErrors,
) {
    let known = stored.and_then(Json::as_object);
    for (key, weight) in given {
        let is_stored = known.and_then(|known| known.get(key)) == Some(weight);
        if !matches!(weight, Json::Number(_)) && !is_stored {
            let detail = format!("must be a number, not {}", weight.type_name());
            errors.push(FieldError::new(place.member(key).pointer(), "type", detail));
        }
    }
}
