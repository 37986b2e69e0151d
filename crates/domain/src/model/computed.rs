//! Members of an answer that are taken from its other parts.

use super::field::Kind;

/// A member that no column holds.
#[derive(Debug)]
pub struct Computed {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Where it comes from.
    pub source: Source,
}

/// Where a computed member comes from.
#[derive(Debug)]
pub enum Source {
    /// A field of a nested row.
    Nested(&'static str, &'static str),
    /// The first text that is there.
    FirstText(&'static [FirstText]),
}

/// A JSON column and the keys to try in it.
#[derive(Debug)]
pub struct FirstText {
    /// The column.
    pub column: &'static str,
    /// The keys, the best first.
    pub keys: &'static [&'static str],
}
