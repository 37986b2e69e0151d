//! What somebody is granted.

use super::scope::{Scope, Scopes};
use crate::entity::listing::LISTING;
use crate::entity::{Entity, by_name};

/// What a caller may do, and of which entities.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    /// What it may do.
    pub scopes: Scopes,
    /// The entities that it is narrowed to; none where it is not.
    pub entities: Option<Vec<&'static Entity>>,
}

/// Which rows an operation is about.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// No entity's.
    None,
    /// An entity's.
    Rows(&'static Entity),
    /// The listings that use an entity's rows.
    Uses(&'static Entity),
    /// Those of all entities.
    All,
}

impl Grant {
    /// Whether it allows what needs this scope, on these rows.
    #[must_use]
    pub fn allows(&self, needed: Scope, subject: Subject) -> bool {
        self.scopes.allow(needed) && self.covers(subject)
    }

    /// Whether it is not narrowed to other entities.
    #[must_use]
    pub fn covers(&self, subject: Subject) -> bool {
        let Some(entities) = &self.entities else { return true };
        let has = |entity: &Entity| entities.iter().any(|granted| granted.name == entity.name);
        match subject {
            Subject::None => true,
            Subject::Rows(entity) => has(entity),
            // What is shown are listings.
            Subject::Uses(entity) => has(entity) && has(&LISTING),
            Subject::All => false,
        }
    }

    /// Reads the names of entities that are separated by commas; the error is one that is none.
    ///
    /// # Errors
    /// There is no such entity.
    pub fn parse_entities(text: &str) -> Result<Vec<&'static Entity>, String> {
        text.split(',').map(str::trim).map(|name| by_name(name).ok_or_else(|| name.to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::cpu::CPU;
    use crate::entity::gpu::GPU;

    #[test]
    fn a_narrowed_grant_covers_its_entities_alone() {
        let grant = |entities: &str| Grant {
            scopes: Scopes::of(&[Scope::Write]),
            entities: Some(Grant::parse_entities(entities).unwrap()),
        };
        let (cpus, both) = (grant("cpu"), grant("cpu, listing"));
        assert!(cpus.allows(Scope::Write, Subject::Rows(&CPU)) && cpus.allows(Scope::Read, Subject::None));
        assert!(!cpus.allows(Scope::Read, Subject::Rows(&GPU)) && !cpus.allows(Scope::Read, Subject::All));
        assert!(!cpus.allows(Scope::Admin, Subject::Rows(&CPU)));
        assert!(!cpus.allows(Scope::Read, Subject::Uses(&CPU)) && both.allows(Scope::Read, Subject::Uses(&CPU)));
        assert!(!both.allows(Scope::Read, Subject::Uses(&GPU)));
        let whole = Grant { entities: None, ..cpus };
        assert!(whole.allows(Scope::Write, Subject::All) && whole.allows(Scope::Read, Subject::Uses(&GPU)));
        assert_eq!(Grant::parse_entities("cpu,cpus").unwrap_err(), "cpus");
    }
}
