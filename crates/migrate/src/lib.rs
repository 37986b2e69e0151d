//! Whose database it is, and what brings it up to date.
//!
//! `detect` decides by the tables and the `history`, `plan` says which migrations are pending, `apply` applies them, and
//! [`prepare`] hands over a database that may be served. Nothing here knows an operation on the catalog.

mod apply;
mod detect;
mod embedded;
mod history;
mod plan;
mod prepare;
#[cfg(test)]
mod tests;

pub use apply::up;
pub use plan::{Migration, status};
pub use prepare::prepare;
