//! Rows of a child table that an entity shows, and may write, as one of its own fields.

use std::collections::{HashMap, VecDeque};

use super::field::{Children, Kind};
use crate::value::Value;
use crate::value::document::Document;
use crate::value::json::Json;

/// A row of a child table.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Its id; none for one that is not stored yet.
    pub id: Option<i64>,
    /// The values, in the order of [`Children::fields`].
    pub values: Vec<Value>,
}

/// What turns the stored children into those that are wanted.
#[derive(Debug, Default, PartialEq)]
pub struct ChildChanges {
    /// The ids of those that go.
    pub removed: Vec<i64>,
    /// Those that stay under their id with other values: as stored, and the new values.
    pub changed: Vec<(Child, Vec<Value>)>,
    /// The values of those that come.
    pub added: Vec<Vec<Value>>,
}

impl Children {
    /// Matches the children of a document with the stored ones: equal ones first, since old rows may share a key, then
    /// those with one key, so that a child that stays keeps its id.
    #[must_use]
    pub fn changes(&self, stored: Option<&Value>, wanted: &Value) -> ChildChanges {
        let stored = self.rows(stored);
        let mut wanted = self.rows(Some(wanted));
        let mut stays = vec![false; stored.len()];
        let mut equal: HashMap<&[Value], VecDeque<usize>> = HashMap::with_capacity(stored.len());
        for (index, child) in stored.iter().enumerate() {
            equal.entry(&child.values).or_default().push_back(index);
        }
        wanted.retain(|child| match equal.get_mut(child.values.as_slice()).and_then(VecDeque::pop_front) {
            Some(index) => {
                stays[index] = true;
                false
            }
            None => true,
        });
        let mut same_key: HashMap<Vec<&Value>, VecDeque<usize>> = HashMap::new();
        for (index, child) in stored.iter().enumerate().filter(|(index, _)| !stays[*index]) {
            same_key.entry(self.key_of(&child.values)).or_default().push_back(index);
        }
        let mut changes = ChildChanges::default();
        for Child { values, .. } in &wanted {
            match same_key.get_mut(&self.key_of(values)).and_then(VecDeque::pop_front) {
                Some(index) => {
                    stays[index] = true;
                    changes.changed.push((stored[index].clone(), values.clone()));
                }
                None => changes.added.push(values.clone()),
            }
        }
        changes.removed = stored.iter().zip(stays).filter_map(|(child, stays)| child.id.filter(|_| !stays)).collect();
        changes
    }

    /// Each child in a document of them.
    #[must_use]
    pub fn rows(&self, document: Option<&Value>) -> Vec<Child> {
        let Some(Json::Array(items)) = document.and_then(Value::as_document).and_then(Document::json) else {
            return Vec::new();
        };
        items.iter().map(|item| self.row(item)).collect()
    }

    fn row(&self, item: &Json) -> Child {
        let member = |name: &str| item.as_object().and_then(|members| members.get(name));
        let values = self.fields.iter().map(|field| match (member(field.name), field.kind) {
            (Some(number @ Json::Number(_)), Kind::Int) => number.as_integer().map_or(Value::Null, Value::Int),
            (Some(Json::String(text)), _) => Value::Text(text.clone()),
            _ => Value::Null,
        });
        Child { id: member("id").and_then(Json::as_integer), values: values.collect() }
    }

    /// Whether two documents hold the same children, ids and order aside.
    #[must_use]
    pub fn same(&self, a: &Value, b: &Value) -> bool {
        let (a, b) = (self.rows(Some(a)), self.rows(Some(b)));
        let mut counts: HashMap<&[Value], usize> = HashMap::with_capacity(a.len());
        for child in &a {
            *counts.entry(&child.values).or_default() += 1;
        }
        a.len() == b.len()
            && b.iter().all(|child| match counts.get_mut(child.values.as_slice()) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    true
                }
                _ => false,
            })
    }

    /// The document of children with these values.
    pub(crate) fn document(&self, rows: Vec<Vec<Value>>) -> Value {
        let child = |row: Vec<Value>| {
            let members = self.fields.iter().zip(row).map(|(field, value)| (field.name.to_owned(), value.into_json()));
            Json::Object(members.collect())
        };
        Value::Json(Document::from(Json::Array(rows.into_iter().map(child).collect())))
    }
}
