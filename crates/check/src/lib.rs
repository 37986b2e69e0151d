//! Whether what is in a database is sound: what its constraints and the rules of the catalog should have kept out, and did not.
//!
//! [`check()`] reads one snapshot and writes nothing. `referrers` are the columns that point at other rows, `keys` the columns that
//! tell rows apart; `rules` judge the rows of a table in one pass (`pass`), `duplicates` and `names` look for rows that are the same
//! thing, `sequences` and `damage` at what the database keeps beside them. `merge` makes one row of several, `counts` compares how
//! many rows there were and are. All of it is composed from the entities' tables; no entity is known by name.

mod check;
mod counts;
mod damage;
mod duplicates;
mod error;
mod finding;
mod keys;
mod merge;
mod names;
mod pass;
mod referrers;
mod report;
mod rules;
mod sequences;
mod snapshot;
mod sql;

pub use check::check;
pub use counts::{RowCounts, TableChange};
pub use error::CheckError;
pub use finding::{Finding, FindingKind};
pub use report::{Report, Since};
