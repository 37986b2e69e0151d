//! Whose database it is, and what brings it up to date.
//!
//! `detect` decides by the tables and the `books`, `files` are the migrations that there are, `plan` says what lies ahead and
//! `status` what lies behind, `apply` has a runner (`run`) execute scripts, `rehearsal` does that both ways and tells what happened
//! (`lock_watch`), `adopt`, `stamp` and `repair` change the books alone, `drift` compares what they left with what is there, `lint` looks at their files, and [`prepare`] hands over a database that may be served. Nothing here knows an
//! operation on the catalog.

mod adopt;
mod apply;
mod books;
mod detect;
mod drift;
mod files;
mod fitness;
mod health;
mod hindrance;
mod lacking;
mod lint;
mod lock;
mod lock_watch;
mod migrator;
mod outlook;
mod plan;
mod precaution;
mod prepare;
mod rehearsal;
mod repair;
mod run;
mod script;
mod stamp;
mod statements;
mod status;
#[cfg(test)]
mod tests;
mod transaction;

pub use adopt::Survey;
pub use books::{FORMER_OWN_TABLES, Run};
pub use drift::{Difference, Drift, effect};
pub use files::{Migrations, Source};
pub use health::Health;
pub use hindrance::Hindrance;
pub use lint::{Finding, lint};
pub use migrator::Migrator;
pub use outlook::{Outlook, TableLock, Waits};
pub use plan::{Goal, Plan};
pub use precaution::{NoPrecaution, Precaution};
pub use prepare::{AtStart, prepare};
pub use rehearsal::{Rehearsed, WayBack};
pub use repair::Repair;
pub use run::{Done, Progress};
pub use script::{Direction, Script};
pub use stamp::{StampPlan, StampRange};
pub use status::{Application, Migration, Record, Running, Standing, Status};
