//! How rows are told apart and put in order.

/// How two rows are known to be the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// By `name`; creating a second one is refused.
    Name,
    /// By these columns, null equal to null; creating a second one answers the first.
    Columns(&'static [&'static str]),
    /// By these columns, null equal to null; creating a second one is refused.
    Unique(&'static [&'static str]),
    /// By nothing but the id.
    None,
}

impl Identity {
    /// The columns of a natural key of several.
    #[must_use]
    pub fn columns(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Columns(names) | Self::Unique(names) => Some(names),
            Self::Name | Self::None => None,
        }
    }
}

/// One key of an order. Nulls come last either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// A scalar field, `id`, `created_at` or `updated_at`.
    pub key: &'static str,
    /// Greatest first.
    pub descending: bool,
}

impl Order {
    /// Least first.
    #[must_use]
    pub const fn ascending(key: &'static str) -> Self {
        Self { key, descending: false }
    }

    /// Greatest first.
    #[must_use]
    pub const fn descending(key: &'static str) -> Self {
        Self { key, descending: true }
    }
}

/// An order in which no two rows are equal: ends with the id, in the direction of the key before it (contract section 3). What
/// comes after it decides nothing.
#[must_use]
pub fn total_order(order: &[Order]) -> Vec<Order> {
    let by_id = |key: &Order| key.key == "id";
    let mut total: Vec<Order> = order.iter().copied().take_while(|key| !by_id(key)).collect();
    let tie_break = order.iter().copied().find(by_id);
    let descending = total.last().is_some_and(|last| last.descending);
    total.push(tie_break.unwrap_or(Order { key: "id", descending }));
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_ends_an_order_in_the_direction_of_the_key_before() {
        let [name, cores, id] = [Order::ascending("name"), Order::descending("cores"), Order::descending("id")];
        assert_eq!(total_order(&[]), [Order::ascending("id")]);
        assert_eq!(total_order(&[cores, name]), [cores, name, Order::ascending("id")]);
        assert_eq!(total_order(&[name, cores]), [name, cores, id]);
        assert_eq!(total_order(&[name, id, cores]), [name, id]);
    }
}
