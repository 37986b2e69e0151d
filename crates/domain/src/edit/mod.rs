//! What a body makes of a row: create, replace, and merge patch (contract section 2).
//!
//! Only what changes is validated: a value equal to the stored one is never an error, so that an old row stays editable.

pub mod bounds;
mod children;
mod field_change;
mod merge_patch;
mod read_value;
mod unknown;
mod validate;

use field_change::FieldChange;
pub use merge_patch::{Nulls, merge};
pub(crate) use read_value::{read_time, read_word};
pub use unknown::{unknown_member, unknown_members};

use crate::entity::Entity;
use crate::model::field::{Field, Kind};
use crate::model::vocabulary::Vocabulary;
use crate::refusal::field_error::{FieldError, FieldErrors};
use crate::refusal::pointer::{Place, Pointer};
use crate::value::Value;
use crate::value::json::Object;

/// How a body relates to the stored row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditMode {
    /// PUT: the body is the whole thing.
    Replace,
    /// PATCH: the body is a merge patch.
    Merge(Nulls),
}

/// The row as it is to be, and what is wrong with it.
#[derive(Debug)]
pub struct Draft {
    /// The values, in the order of [`Entity::fields`].
    pub values: Vec<Value>,
    /// Which of them differ from the stored row; all of them in a new one.
    pub changed: Vec<bool>,
    /// Which of them the body gives, under whatever name.
    pub present: Vec<bool>,
    /// Every error found; the draft may be stored only when there is none.
    pub errors: FieldErrors,
}

/// Reads the body of a new row.
#[must_use]
pub fn create(entity: &Entity, body: &Object, vocabulary: &Vocabulary) -> Draft {
    draft(entity, None, body, EditMode::Replace, vocabulary)
}

/// Applies a body to a stored row.
#[must_use]
pub fn update(entity: &Entity, stored: &[Value], body: &Object, mode: EditMode, vocabulary: &Vocabulary) -> Draft {
    draft(entity, Some(stored), body, mode, vocabulary)
}

fn draft(entity: &Entity, stored: Option<&[Value]>, body: &Object, mode: EditMode, vocabulary: &Vocabulary) -> Draft {
    let defaults = (entity.defaults)();
    let mut errors = refused_members(entity, body);
    let mut values = Vec::with_capacity(defaults.len());
    let change = |index: usize, beside| FieldChange {
        entity,
        field: &entity.fields[index],
        default: defaults[index].clone(),
        stored: stored.map(|stored| &stored[index]),
        mode,
        beside,
        vocabulary,
    };
    // The value that another field will have, errors aside: they are found when it has its own turn.
    let beside = |field: &Field| {
        let Kind::Enum(enumeration) = field.kind else { return None };
        let (index, _) = entity.field(enumeration.spellings.as_ref()?.beside)?;
        change(index, None).apply(body).ok()?.as_text().map(str::to_owned)
    };
    for (index, field) in entity.fields.iter().enumerate() {
        let change = change(index, beside(field));
        let value = change.apply(body).unwrap_or_else(|found| {
            errors.extend(found);
            change.unchanged()
        });
        values.push(value);
    }
    if let (Some(complete), EditMode::Replace, true) = (entity.complete, mode, errors.is_empty())
        && let Err(text) = complete(&mut values)
    {
        errors.push(FieldError::whole("undetermined", text));
    }
    let changed = (0..values.len()).map(|index| stored.is_none_or(|stored| stored[index] != values[index]));
    let changed: Vec<bool> = changed.collect();
    for field in named(entity.fields, (entity.validate)(values.clone())) {
        let pointer = Pointer::field(field.name);
        let counts = entity.field(field.name).is_some_and(|(index, _)| changed[index]);
        if counts && !errors.shown().iter().any(|error| error.pointer == pointer) {
            let (code, detail) = field.limits.describe();
            errors.push(FieldError::new(pointer, code, detail));
        }
    }
    if let Some(check) = entity.check {
        let found = check(&values, &changed);
        // What could not be read is what it was, or its default: nothing more is to be said of it.
        let is_new = |error: &&FieldError| !errors.shown().iter().any(|known| known.pointer == error.pointer);
        let found: Vec<FieldError> = found.shown().iter().filter(is_new).cloned().collect();
        for error in found {
            errors.push(error);
        }
    }
    if let Err(error) = bounds::check_row(&values, stored, &changed) {
        errors.push(error);
    }
    let present = entity.fields.iter().map(|field| entity.names(field).any(|name| body.contains_key(name))).collect();
    Draft { values, changed, present, errors }
}

/// Finds members that are refused by name, and U+0000 in those that are otherwise ignored. Members that answers show
/// beside the fields may be sent back as they were shown.
fn refused_members(entity: &Entity, body: &Object) -> FieldErrors {
    let refused = entity.refused.iter().filter(|(name, _)| body.contains_key(*name));
    let mut errors = FieldErrors::default();
    for (name, why) in refused {
        errors.push(FieldError::new(Pointer::field(name), "refused", *why));
    }
    let ignored = body.iter().filter(|(key, _)| !entity.shows(key));
    validate::nul(ignored, &Place::Root, &mut errors);
    errors
}

/// The fields with these names, in their own order.
fn named(fields: &'static [Field], names: Vec<String>) -> impl Iterator<Item = &'static Field> {
    fields.iter().filter(move |field| names.iter().any(|name| name == field.name))
}
