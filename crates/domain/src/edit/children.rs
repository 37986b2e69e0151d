//! Child rows that a body gives.

use std::collections::{HashMap, HashSet};

use super::{named, read_value};
use crate::model::children::Child;
use crate::model::field::Children;
use crate::refusal::field_error::{FieldError, FieldErrors};
use crate::refusal::pointer::Place;
use crate::value::Value;
use crate::value::json::{Json, Object};

/// Reads the children that a body gives; one that equals a stored one is not validated.
pub(super) fn read(
    children: &Children,
    items: &[Json],
    stored: Option<&Value>,
    place: &Place<'_>,
) -> Result<Value, FieldErrors> {
    let stored = children.rows(stored);
    let known = Known::new(children, &stored);
    let mut errors = FieldErrors::default();
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(items.len());
    let mut counts: HashMap<Vec<Value>, usize> = HashMap::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let place = place.item(index);
        let Json::Object(members) = item else {
            let detail = format!("must be an object, not {}", item.type_name());
            errors.push(FieldError::new(place.pointer(), "type", detail));
            continue;
        };
        // Sent back as it was shown, with its id: then only what differs is validated.
        let id = members.get("id").and_then(Json::as_integer);
        let base = id.and_then(|id| known.by_id.get(&id)).copied();
        let (values, mut found) = read_fields(children, members, base, &place);
        if !known.values.contains(values.as_slice()) {
            check_limits(children, &values, base, &place, &mut found);
        }
        // As many with one key as are stored: an old row may hold what the legacy index did not see.
        let key: Vec<Value> = children.key_of(&values).into_iter().cloned().collect();
        let allowed = known.keys.get(&children.key_of(&values)).copied().unwrap_or(0).max(1);
        let before = counts.entry(key).or_default();
        if found.is_empty() && *before >= allowed {
            let detail = format!("repeats the {} of an item before it", children.key.join(" and "));
            found.push(FieldError::new(place.pointer(), "duplicate_item", detail));
        }
        *before += 1;
        errors.extend(found);
        rows.push(values);
    }
    errors.into_result(children.document(rows))
}

/// The stored children, indexed by what the children of a body are compared with.
struct Known<'a> {
    by_id: HashMap<i64, &'a [Value]>,
    values: HashSet<&'a [Value]>,
    keys: HashMap<Vec<&'a Value>, usize>,
}

impl<'a> Known<'a> {
    fn new(children: &Children, stored: &'a [Child]) -> Self {
        let by_id = stored.iter().filter_map(|child| Some((child.id?, child.values.as_slice()))).collect();
        let values = stored.iter().map(|child| child.values.as_slice()).collect();
        let mut keys: HashMap<Vec<&Value>, usize> = HashMap::with_capacity(stored.len());
        for child in stored {
            *keys.entry(children.key_of(&child.values)).or_default() += 1;
        }
        Self { by_id, values, keys }
    }
}

/// The values that an item gives, defaults for the rest, and the errors of type. `base` is the stored child of its id.
fn read_fields(
    children: &Children,
    members: &Object,
    base: Option<&[Value]>,
    place: &Place<'_>,
) -> (Vec<Value>, FieldErrors) {
    let mut errors = FieldErrors::default();
    let mut values = (children.defaults)();
    for (index, (field, value)) in children.fields.iter().zip(&mut values).enumerate() {
        let place = place.member(field.name);
        let base = base.map(|base| &base[index]);
        match (members.get(field.name), base) {
            (Some(given), Some(base)) if base.equals_json(given) => value.clone_from(base),
            (None | Some(Json::Null), _) if field.required => {
                errors.push(FieldError::new(place.pointer(), "required", "is required"));
            }
            (None | Some(Json::Null), _) => {}
            (Some(given), _) => match read_value::read(field, given, false, None, &place) {
                Ok(read) => *value = read,
                Err(found) => errors.extend(found),
            },
        }
    }
    (values, errors)
}

/// Adds the errors of range and length, of values that differ from the stored ones and have no error yet.
fn check_limits(
    children: &Children,
    values: &[Value],
    base: Option<&[Value]>,
    place: &Place<'_>,
    errors: &mut FieldErrors,
) {
    for field in named(children.fields, (children.validate)(values.to_vec())) {
        let pointer = place.member(field.name).pointer();
        let index = children.fields.iter().position(|known| known.name == field.name);
        let is_stored = base.zip(index).is_some_and(|(base, index)| base[index] == values[index]);
        if !is_stored && !errors.shown().iter().any(|error| error.pointer == pointer) {
            let (code, detail) = field.limits.describe();
            errors.push(FieldError::new(pointer, code, detail));
        }
    }
}
