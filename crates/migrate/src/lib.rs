//! Whose database it is, and what brings it up to date.
//!
//! `detect` decides by the tables and the `history`, `plan` says which migrations are pending, `apply` and `down` have a runner
//! (`run`) execute them, `drift` compares what they left with what is there, `lint` looks at their files, and [`prepare`] hands
//! over a database that may be served. Nothing here knows an operation on the catalog.

mod apply;
mod detect;
mod down;
mod drift;
mod embedded;
mod fitness;
mod history;
mod lint;
mod own;
mod plan;
mod prepare;
mod run;
mod runs;
mod script;
#[cfg(test)]
mod tests;

pub use apply::up;
pub use down::{down, plan_down};
pub use drift::{Difference, Drift, drift, effect};
pub use lint::{Finding, Source, lint};
pub use plan::{Migration, State, has_rows, plan_up, scripts_between, status};
pub use prepare::prepare;
pub use runs::{Run, runs};
pub use script::{Direction, Script};
