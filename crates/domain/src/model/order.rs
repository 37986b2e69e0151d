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
