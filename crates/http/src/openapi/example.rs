//! Example bodies: rows of the sample catalog.

use partbook_domain::Entity;
use serde_json::{Map, Value};

/// A body of each collection, without what refers to other rows. A test of the demo holds them against its documents.
const BODIES: &str = include_str!("examples.json");

/// A row as a POST or PUT states it.
pub(super) fn body(entity: &Entity) -> Option<Value> {
    let mut bodies: Map<String, Value> = serde_json::from_str(BODIES).expect("the examples are JSON");
    bodies.remove(entity.collection)
}

/// A merge patch: the row without what it is called by.
pub(super) fn patch(entity: &Entity) -> Option<Value> {
    let mut patch = body(entity)?;
    let members = patch.as_object_mut()?;
    members.retain(|name, _| !entity.field(name).is_some_and(|(_, field)| field.required));
    Some(patch)
}
