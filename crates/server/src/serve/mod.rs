//! Serving HTTP: the addresses, the connections, and the stop.
//!
//! `axum::serve` is not used because it sets no limits: not on the time that a client takes for its headers, not on the
//! number of connections, not on the time that a stop takes.

mod activity;
mod address;
mod connection;
mod connections;
mod headers;
mod in_flight;
mod listen_address;
mod listener;
mod reader;
mod service;
mod shutdown;
mod signals;
mod socket;
mod socket_file;
mod stream;
mod streams;
#[cfg(test)]
mod tests;

pub(crate) use activity::ConnectionTimeouts;
pub(crate) use address::{ReservedAddress, Sharing};
pub(crate) use listen_address::ListenAddress;
pub(crate) use listener::serve_beside;
pub(crate) use shutdown::{ShutdownTiming, serve};
pub(crate) use signals::ShutdownSignal;
pub(crate) use socket::{Listener, LocalAddress};
pub(crate) use socket_file::SocketAccess;
