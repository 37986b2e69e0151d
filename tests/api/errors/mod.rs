//! Errors (contract section 6): one shape everywhere, and no input that yields a 500.

mod bodies;
mod codings;
mod hostile;
mod many;
mod methods;
mod order;
mod routes;
