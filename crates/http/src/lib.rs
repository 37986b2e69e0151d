//! The catalog over HTTP: routes, bodies, answers, problems, and the document that describes them.
//!
//! A collection is served by seven handlers, written once (`routes/collection`); `openapi` describes each where it is
//! routed, from the same definitions. A refusal has one meaning in the domain and one look on the wire
//! (`respond/problem`).

mod extract;
mod middleware;
mod openapi;
mod respond;
mod router;
mod routes;

pub use openapi::document as openapi;
pub use router::{App, Settings};
pub use routes::metrics::Metrics;
