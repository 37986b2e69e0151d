//! Serving HTTP: the addresses, the connections, and the stop.
//!
//! The loop that accepts connections is our own because `axum::serve` sets no limits: not on the time a client takes for
//! its headers, not on the number of connections, not on how long a stop may take.

mod address;
mod first_request;
mod listener;
mod shutdown;
mod signals;

pub(crate) use address::ReservedAddress;
pub(crate) use listener::serve_beside;
pub(crate) use shutdown::{ShutdownTiming, serve};
pub(crate) use signals::ShutdownSignal;
