//! What a body makes of a row: create, replace, and merge patch (contract section 2).
//!
//! Only what changes is judged: a value equal to the stored one is never a fault, so that an old row stays editable.

use crate::entity::breached;
use crate::kind::check_members;
use crate::merge::{Nulls, merge};
use crate::{Entity, Fault, Field, Json, Kind, Object, Pointer, Value, json};

/// How a body relates to the stored row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
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
    pub given: Vec<bool>,
    /// Every fault found; the draft may be stored only when there is none.
    pub faults: Vec<Fault>,
}

/// Reads the body of a new row.
#[must_use]
pub fn create(entity: &Entity, body: &Object) -> Draft {
    draft(entity, None, body, Mode::Replace)
}

/// Applies a body to a stored row.
#[must_use]
pub fn update(entity: &Entity, stored: &[Value], body: &Object, mode: Mode) -> Draft {
    draft(entity, Some(stored), body, mode)
}

fn draft(entity: &Entity, stored: Option<&[Value]>, body: &Object, mode: Mode) -> Draft {
    let defaults = (entity.defaults)();
    let mut faults = refused_members(entity, body);
    let mut values = Vec::with_capacity(defaults.len());
    for (index, (field, default)) in entity.fields.iter().zip(defaults).enumerate() {
        let change = Change { entity, field, default, stored: stored.map(|stored| &stored[index]), mode };
        let value = change.apply(body).unwrap_or_else(|found| {
            faults.extend(found);
            change.resting()
        });
        values.push(value);
    }
    if let (Some(complete), Mode::Replace, true) = (entity.complete, mode, faults.is_empty())
        && let Err(text) = complete(&mut values)
    {
        faults.push(Fault::whole("undetermined", text));
    }
    let changed = (0..values.len()).map(|index| stored.is_none_or(|stored| stored[index] != values[index]));
    let changed: Vec<bool> = changed.collect();
    for field in breached(entity.fields, (entity.judge)(values.clone())) {
        let pointer = Pointer::field(field.name);
        let judged = entity.field(field.name).is_some_and(|(index, _)| changed[index]);
        if judged && !faults.iter().any(|fault| fault.pointer == pointer) {
            let (code, detail) = field.limits.describe();
            faults.push(Fault::new(pointer, code, detail));
        }
    }
    let given = entity.fields.iter().map(|field| entity.names(field).any(|name| body.contains_key(name))).collect();
    Draft { values, changed, given, faults }
}

/// Members that are refused by name, and U+0000 in those that are otherwise ignored. What answers show beside the fields
/// may come back as it was shown.
fn refused_members(entity: &Entity, body: &Object) -> Vec<Fault> {
    let refused = entity.refused.iter().filter(|(name, _)| body.contains_key(*name));
    let mut faults: Vec<Fault> = refused.map(|(name, why)| Fault::new(Pointer::field(name), "refused", *why)).collect();
    let ignored = body.iter().filter(|(key, _)| !entity.shows(key));
    let ignored: Object = ignored.map(|(key, value)| (key.clone(), value.clone())).collect();
    check_members(&ignored, None, &Pointer::root(), &mut faults);
    faults.retain(|fault| matches!(fault.code, "nul" | "refused"));
    faults
}

/// One field's part in an edit.
struct Change<'a> {
    entity: &'a Entity,
    field: &'static Field,
    default: Value,
    stored: Option<&'a Value>,
    mode: Mode,
}

impl Change<'_> {
    /// What the field holds when the body does not change it.
    fn resting(&self) -> Value {
        self.stored.unwrap_or(&self.default).clone()
    }

    /// The field's new value. A field may be given under two names: then the one that changes something counts, and two
    /// different changes are a fault.
    fn apply(&self, body: &Object) -> Result<Value, Vec<Fault>> {
        let names: Vec<&'static str> = self.entity.names(self.field).filter(|name| body.contains_key(*name)).collect();
        let mut changes = Vec::new();
        for name in &names {
            // Faults are placed under the name that was used.
            let field = Field { name, ..*self.field };
            let value = self.evaluate(&field, body.get(*name))?;
            if names.len() == 1 {
                return Ok(value);
            }
            if !self.same(&value, &self.resting()) && !changes.iter().any(|change| self.same(change, &value)) {
                changes.push(value);
            }
        }
        match changes.len() {
            0 if names.is_empty() => self.evaluate(self.field, None),
            0 => Ok(self.resting()),
            1 => Ok(changes.remove(0)),
            _ => {
                let detail = format!("and {} are given and differ; send one of them", names[1]);
                Err(vec![Fault::new(Pointer::field(self.field.name), "conflict", detail)])
            }
        }
    }

    fn same(&self, a: &Value, b: &Value) -> bool {
        match self.field.kind {
            Kind::Children(children) => children.same(a, b),
            _ => a.same(b),
        }
    }

    fn evaluate(&self, field: &Field, given: Option<&Json>) -> Result<Value, Vec<Fault>> {
        let given = match (given, self.mode) {
            (None, Mode::Merge(_)) => return Ok(self.resting()),
            // The flag marks a place in the catalog; it is no part of the thing that a PUT replaces.
            (None, Mode::Replace) if self.entity.sole_flag == Some(self.field.name) => return Ok(self.resting()),
            (Some(Json::Null), _) if self.stored.is_some_and(Value::is_null) => return Ok(Value::Null),
            (None | Some(Json::Null), _) if field.required => {
                let detail = if given.is_none() { "is required" } else { "is required and must not be null" };
                return Err(vec![Fault::new(Pointer::field(field.name), "required", detail)]);
            }
            (None | Some(Json::Null), _) => return Ok(self.keep_if_same(self.default.clone())),
            (Some(given), _) => given,
        };
        // Before the comparison below: a patch of nulls may equal the stored document and still change it.
        if let (Mode::Merge(nulls), Some(stored), true, Json::Object(members)) =
            (self.mode, self.stored.and_then(Value::as_text), field.kind.merges(), given)
        {
            // Only what the patch changes is judged.
            let known = json::parse_stored(stored);
            let faults = field.kind.judge_members(members, known.as_ref(), &Pointer::field(field.name), true);
            let merged = || self.keep_if_same(Value::Json(merge(stored, given, nulls)));
            return if faults.is_empty() { Ok(merged()) } else { Err(faults) };
        }
        if self.stored.is_some_and(|stored| stored.equals_json(given)) {
            return Ok(self.resting());
        }
        field.kind.parse(field, given, self.entity.trims, self.stored).map(|value| self.keep_if_same(value))
    }

    fn keep_if_same(&self, value: Value) -> Value {
        match self.stored {
            Some(stored) if self.same(stored, &value) => stored.clone(),
            _ => value,
        }
    }
}
