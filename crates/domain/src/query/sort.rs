//! `sort`: one field or several, in one parameter or in several, each from the least or, with `-`, from the greatest.

use super::Invalid;
use crate::entity::Entity;
use crate::model::order::Order;

/// The fields by which a list of the entity sorts.
pub fn sort_keys(entity: &Entity) -> impl Iterator<Item = &'static str> {
    ["id", "created_at", "updated_at"].into_iter().chain(entity.scalars().map(|field| field.name))
}

/// Adds to an order; a key that came before cannot change it any more.
pub(super) fn sort(entity: &Entity, text: &str, order: &mut Vec<Order>) -> Result<(), Invalid> {
    let keys = || sort_keys(entity);
    for part in text.split(',') {
        let (name, descending) = part.strip_prefix('-').map_or((part, false), |name| (name, true));
        let Some(key) = keys().find(|key| *key == name) else {
            let allowed = keys().collect::<Vec<_>>().join(", ");
            let detail = format!(
                "must be a list of these fields, separated by commas, each with - before it for the greatest first: {allowed}"
            );
            return Err(("enum", detail));
        };
        if !order.iter().any(|known| known.key == key) {
            order.push(Order { key, descending });
        }
    }
    Ok(())
}
