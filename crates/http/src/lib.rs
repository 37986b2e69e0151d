//! The catalog over HTTP: routes, bodies, answers, problems, and the document that describes them.
//!
//! A collection is served by seven handlers, written once (`collection`); `openapi` describes each where it is
//! routed, from the same definitions. A refusal has one meaning in the domain and one look on the wire (`problem`).

mod app;
mod body;
mod collection;
mod conditions;
mod cors;
mod docs;
mod encoding;
mod envelope;
mod fields_data;
mod health;
mod idempotency;
mod links;
mod metrics;
mod openapi;
mod parameters;
mod problem;
mod remainder;
mod rows;
mod usage;
mod watch;

pub use app::{App, Settings};
pub use metrics::Metrics;
pub use openapi::document as openapi;
