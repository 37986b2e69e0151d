//! What the database calls the keys of the catalog, for the violations that name one.

use std::collections::BTreeSet;

use partbook_database::catalogue::Catalogue;
use partbook_database::{Violation, ViolationKind};
use partbook_domain::Entity;

/// The names of an entity's unique keys. SQLite's violations name none.
#[derive(Debug)]
pub(crate) struct Keys {
    id: BTreeSet<String>,
    natural: BTreeSet<String>,
}

impl Keys {
    pub(crate) fn of(entity: &Entity, catalogue: &Catalogue) -> Self {
        let names = |columns: &[&str]| {
            let keys = catalogue.unique_keys_of(entity.name, columns);
            keys.map(|key| key.name.clone()).collect()
        };
        Self { id: names(&["id"]), natural: entity.natural_key().map(|columns| names(&columns)).unwrap_or_default() }
    }

    /// Whether a row has the id that a new one got.
    pub(crate) fn is_id(&self, violation: &Violation) -> bool {
        is_one_of(&self.id, violation)
    }

    /// Whether the database itself keeps two rows from having one natural key, as far as none of its columns is null.
    pub(crate) fn guard_the_natural_key(&self) -> bool {
        !self.natural.is_empty()
    }

    /// Whether a row has the natural key.
    pub(crate) fn is_natural(&self, violation: &Violation) -> bool {
        is_one_of(&self.natural, violation)
    }
}

fn is_one_of(names: &BTreeSet<String>, violation: &Violation) -> bool {
    violation.kind == ViolationKind::Unique
        && violation.constraint.as_ref().is_some_and(|constraint| names.contains(constraint))
}
