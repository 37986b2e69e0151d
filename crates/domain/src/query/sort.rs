//! `sort`: one field or several, each from the least or, with `-`, from the greatest.

use super::Invalid;
use crate::entity::Entity;
use crate::model::order::Order;

/// The fields by which a list of the entity sorts.
pub fn sort_keys(entity: &Entity) -> impl Iterator<Item = &'static str> {
    ["id", "created_at", "updated_at"].into_iter().chain(entity.scalars().map(|field| field.name))
}

pub(super) fn sort(entity: &Entity, text: &str) -> Result<Vec<Order>, Invalid> {
    let keys = || sort_keys(entity);
    let order = |part: &str| {
        let (name, descending) = part.strip_prefix('-').map_or((part, false), |name| (name, true));
        keys().find(|key| *key == name).map(|key| Order { key, descending })
    };
    let given = text.split(',').map(order).collect::<Option<Vec<_>>>().map(|given| {
        // A key that came before cannot change the order any more.
        let mut keys: Vec<Order> = Vec::new();
        for order in given {
            if !keys.iter().any(|known| known.key == order.key) {
                keys.push(order);
            }
        }
        keys
    });
    given.ok_or_else(|| {
        let allowed = keys().collect::<Vec<_>>().join(", ");
        ("enum", format!("must be a list of these fields, separated by commas, each with - before it for the greatest first: {allowed}"))
    })
}
