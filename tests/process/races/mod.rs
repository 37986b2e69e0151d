//! What is promised when requests meet (contract sections 1, 2 and 7; docs/reliability.md).
//!
//! Every promise is tested twice. A *race* sends the requests at the same moment, many times over, to four processes of
//! the service on one database, and demands that each side wins its share of the rounds: one that never overlaps would
//! prove nothing ([`race`]). A *forced order* stops one side at a known point, sees the other wait, and lets go
//! ([`stage`]); no test sleeps to get an order.
//!
//! `RACES=10000` sets the rounds of every race; `scripts/torture` runs them so and prints who won how often.

mod defaults;
mod defaults_forced;
mod deletes;
mod deletes_forced;
mod idempotency;
mod keys;
mod keys_forced;
mod natural_keys;
mod quartet;
mod race;
mod stage;
mod updates;
mod uses;
mod versions;

use partbook_test_support::sql::{Breach, Connection as Program};

use quartet::{HALVES, Quartet};
use race::{Race, Start};
use stage::Stage;
