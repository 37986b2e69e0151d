//! Where rows are in an order.

use partbook_domain::query::{KeyValue, Position};
use partbook_domain::{Kind, Order, Row, Value, total_order};

use super::Statements;

impl Statements {
    /// The kinds of what tells where a row is, if it has to be read.
    pub(crate) fn key_kinds(&self, order: &[Order]) -> Vec<Kind> {
        let kinds = keys_before_id(order).map(|key| self.key_kind(key));
        kinds.chain(self.stored_kinds(order)).collect()
    }

    /// The kinds of what the rows of a page have beside what they show.
    pub(crate) fn stored_kinds(&self, order: &[Order]) -> Vec<Kind> {
        let kinds = keys_before_id(order).map(|key| self.key_kind(key));
        kinds.filter(|kind| self.dialect.stored_key(*kind, "").is_some()).map(|_| Kind::Text).collect()
    }

    /// Where a row is that is shown.
    pub(crate) fn position_of(&self, order: &[Order], row: &Row, stored: Vec<Value>) -> Position {
        let shown = keys_before_id(order).map(|key| match key {
            "created_at" => Value::Time(row.created_at),
            "updated_at" => Value::Time(row.updated_at),
            key => row.value(key).cloned().unwrap_or(Value::Null),
        });
        self.position(order, row.id, shown.collect(), stored)
    }

    /// Where a row is of which only the keys are known.
    pub(crate) fn position(&self, order: &[Order], id: i64, shown: Vec<Value>, stored: Vec<Value>) -> Position {
        let mut stored = stored.into_iter();
        let keys = keys_before_id(order).zip(shown).map(|(key, shown)| {
            let has_stored = self.dialect.stored_key(self.key_kind(key), "").is_some();
            match has_stored.then(|| stored.next()).flatten() {
                Some(Value::Text(text)) => KeyValue::Stored(text),
                _ => KeyValue::Shown(shown),
            }
        });
        Position { keys: keys.collect(), id }
    }
}

/// The names of the keys of an order before the id.
pub(super) fn keys_before_id(order: &[Order]) -> impl Iterator<Item = &'static str> + use<> {
    let mut order = total_order(order);
    order.pop();
    order.into_iter().map(|order| order.key)
}
