//! A database that was found in order, and may be served.

use crate::catalogue::Catalogue;
use crate::own::OwnTables;
use crate::pool::Pool;

/// Whose schema the database has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaKind {
    /// Ours: made and kept up to date by our migrations.
    Ours,
    /// The legacy service's, on PostgreSQL, and ours since it was adopted: our migrations are applied to it.
    Adopted,
    /// The legacy service's, on PostgreSQL: served as it is, never migrated.
    Legacy,
}

/// A database whose schema has been detected, brought up to date where it is ours, and found complete. The migrations make
/// it, the repository takes it.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The connections.
    pub pool: Pool,
    /// Whose schema it has.
    pub schema: SchemaKind,
    /// What is there, read once.
    pub catalogue: Catalogue,
    /// What our own tables are called, where they are there.
    pub own: OwnTables,
}
