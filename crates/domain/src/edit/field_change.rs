//! One field's part in an edit.

use super::merge_patch::merge;
use super::{EditMode, bounds, children, read_value, validate};
use crate::entity::Entity;
use crate::model::field::{Field, Kind};
use crate::model::vocabulary::Vocabulary;
use crate::refusal::field_error::{FieldError, FieldErrors};
use crate::refusal::pointer::{Place, Pointer};
use crate::value::Value;
use crate::value::json::{Json, Object};
use crate::value::name::clean_name;

/// A field, what it holds, and how a body may change it.
pub(super) struct FieldChange<'a> {
    pub(super) entity: &'a Entity,
    pub(super) field: &'static Field,
    pub(super) default: Value,
    pub(super) stored: Option<&'a Value>,
    pub(super) mode: EditMode,
    /// The value of the field that decides between spellings of this one's words.
    pub(super) beside: Option<String>,
    /// The words that can be stored.
    pub(super) vocabulary: &'a Vocabulary,
}

impl FieldChange<'_> {
    /// What the field holds when the body does not change it.
    pub(super) fn unchanged(&self) -> Value {
        self.stored.unwrap_or(&self.default).clone()
    }

    /// The field's new value. A field may be given under two names: then the one that changes something counts, and two
    /// different changes are an error.
    pub(super) fn apply(&self, body: &Object) -> Result<Value, FieldErrors> {
        let names: Vec<&'static str> = self.entity.names(self.field).filter(|name| body.contains_key(*name)).collect();
        let mut changes = Vec::new();
        for name in &names {
            // Errors are placed under the name that was used.
            let value = self.read(name, body.get(*name))?;
            if names.len() == 1 {
                return Ok(value);
            }
            if !self.same(&value, &self.unchanged()) && !changes.iter().any(|change| self.same(change, &value)) {
                changes.push(value);
            }
        }
        match changes.len() {
            0 if names.is_empty() => self.read(self.field.name, None),
            0 => Ok(self.unchanged()),
            1 => Ok(changes.remove(0)),
            _ => {
                let detail = format!("and {} are given and differ; send one of them", names[1]);
                Err(FieldError::new(Pointer::field(self.field.name), "conflict", detail).into())
            }
        }
    }

    fn same(&self, a: &Value, b: &Value) -> bool {
        match self.field.kind {
            Kind::Children(children) => children.same(a, b),
            _ => a.same(b),
        }
    }

    fn read(&self, name: &'static str, given: Option<&Json>) -> Result<Value, FieldErrors> {
        let (field, place) = (self.field, Place::Member(&Place::Root, name));
        let given = match (given, self.mode) {
            (None, EditMode::Merge(_)) => return Ok(self.unchanged()),
            // The flag marks a place in the catalog; it is no part of the thing that a PUT replaces.
            (None, EditMode::Replace) if self.entity.exclusive_flag == Some(field.name) => return Ok(self.unchanged()),
            // A stored document may be null, too.
            (Some(null @ Json::Null), _) if self.stored.is_some_and(|stored| stored.equals_json(null)) => {
                return Ok(self.unchanged());
            }
            (None | Some(Json::Null), _) if field.required => {
                let detail = if given.is_none() { "is required" } else { "is required and must not be null" };
                return Err(FieldError::new(place.pointer(), "required", detail).into());
            }
            (None | Some(Json::Null), _) => return Ok(self.unchanged_or(self.default.clone())),
            (Some(given), _) => given,
        };
        // Before the comparison below: a patch of nulls may equal the stored document and still change it.
        if let (EditMode::Merge(nulls), Some(stored), true, Json::Object(members)) =
            (self.mode, self.stored.and_then(Value::as_document), field.kind.merges(), given)
        {
            // Only what the patch changes is validated.
            let errors = validate::document(field.kind, members, stored.json(), &place, true);
            if !errors.is_empty() {
                return Err(errors);
            }
            let merged = Value::Json(merge(stored, given, nulls));
            bounds::check_document(field, &merged, self.stored, &place)?;
            return Ok(merged);
        }
        if self.stored.is_some_and(|stored| stored.equals_json(given)) {
            return Ok(self.unchanged());
        }
        if let (true, Json::String(text)) = (self.entity.cleans(field), given)
            && !text.contains('\0')
        {
            let name = clean_name(text);
            let stored = self.stored.filter(|stored| stored.as_text().map(clean_name).as_ref() == Some(&name));
            return Ok(stored.cloned().unwrap_or(Value::Text(name)));
        }
        if let Json::Array(items) = given {
            bounds::check_items(field, items, self.stored, &place)?;
        }
        let value = match (field.kind, given) {
            (Kind::Children(children), Json::Array(items)) => children::read(children, items, self.stored, &place),
            (Kind::Enum(enumeration), Json::String(text)) if !text.contains('\0') => {
                let text = if self.entity.trims_field(field) { text.trim() } else { text };
                read_value::read_enum(enumeration, text, self.beside.as_deref(), self.vocabulary)
                    .map_err(|(code, detail)| FieldError::new(place.pointer(), code, detail).into())
            }
            _ => read_value::read(field, given, self.entity.trims_field(field), self.stored, &place),
        };
        let mut value = value?;
        // An empty text is none.
        if value.is_null() && !field.nullable {
            value = self.default.clone();
        }
        let value = self.unchanged_or(value);
        bounds::check_document(field, &value, self.stored, &place)?;
        Ok(value)
    }

    /// The stored value where the new one says the same, so that its text stays as it is.
    fn unchanged_or(&self, value: Value) -> Value {
        match self.stored {
            Some(stored) if self.same(stored, &value) => stored.clone(),
            _ => value,
        }
    }
}
