//! Scopes: what a caller may do, from outside.

use std::fmt;

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Read the catalog, and the document of the API.
    Read,
    /// Change the catalog, and read it.
    Write,
    /// Everything, the administration of access included.
    Admin,
    /// Read the metrics.
    Metrics,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Admin, Self::Metrics];

    /// Its name in tokens, problems and the document of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
            Self::Metrics => "metrics",
        }
    }

    /// The scope of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Whether whoever has this scope may do what needs the other.
    #[must_use]
    pub const fn includes(self, needed: Self) -> bool {
        match self {
            Self::Admin => true,
            Self::Write => matches!(needed, Self::Write | Self::Read),
            Self::Read => matches!(needed, Self::Read),
            Self::Metrics => matches!(needed, Self::Metrics),
        }
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// The set of these.
    #[must_use]
    pub const fn of(scopes: &[Scope]) -> Self {
        let (mut set, mut index) = (0, 0);
        while index < scopes.len() {
            set |= 1 << scopes[index] as u8;
            index += 1;
        }
        Self(set)
    }

    /// Reads names that are separated by commas; none where one is no scope, or there is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split(',')
            .map(|name| Scope::parse(name.trim()))
            .collect::<Option<Vec<_>>>()
            .map(|scopes| Self::of(&scopes))
    }

    /// Those that were given, without what they include.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & (1 << *scope as u8) != 0)
    }

    /// Whether they allow what needs this scope.
    #[must_use]
    pub fn allow(self, needed: Scope) -> bool {
        self.iter().any(|scope| scope.includes(needed))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(Scope::name).collect::<Vec<_>>().join(","))
    }
}

/// What a request without credentials may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anonymous {
    /// Nothing but to ask whether the service is there.
    None,
    /// Read the catalog and the metrics.
    Read,
    /// Change the catalog, too.
    Write,
}

impl Anonymous {
    /// Reads its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            _ => None,
        }
    }

    /// The scopes that it stands for.
    #[must_use]
    pub const fn scopes(self) -> Scopes {
        match self {
            Self::None => Scopes::of(&[]),
            Self::Read => Scopes::of(&[Scope::Read, Scope::Metrics]),
            Self::Write => Scopes::of(&[Scope::Write, Scope::Metrics]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_includes_those_below_it() {
        use Scope::{Admin, Metrics, Read, Write};
        for (given, allowed) in [
            (Read, &[Read][..]),
            (Write, &[Read, Write]),
            (Metrics, &[Metrics]),
            (Admin, &[Read, Write, Admin, Metrics]),
        ] {
            for needed in Scope::ALL {
                assert_eq!(Scopes::of(&[given]).allow(needed), allowed.contains(&needed), "{given:?}: {needed:?}");
            }
        }
        assert!(!Scope::ALL.into_iter().any(|needed| Scopes::default().allow(needed)));
        for (anonymous, allowed) in [
            (Anonymous::None, &[][..]),
            (Anonymous::Read, &[Read, Metrics]),
            (Anonymous::Write, &[Read, Write, Metrics]),
        ] {
            for needed in Scope::ALL {
                assert_eq!(anonymous.scopes().allow(needed), allowed.contains(&needed), "{anonymous:?}: {needed:?}");
            }
        }
    }

    #[test]
    fn a_set_is_written_as_it_is_read() {
        for (text, written) in
            [("read", Some("read")), ("metrics, write", Some("write,metrics")), ("admin,admin", Some("admin"))]
        {
            assert_eq!(Scopes::parse(text).map(|scopes| scopes.to_string()).as_deref(), written, "{text}");
        }
        for text in ["", "Read", "read,", "read write", "all"] {
            assert_eq!(Scopes::parse(text), None, "{text}");
        }
    }
}
