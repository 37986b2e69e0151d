//! The layers around every request: its id, observation, problem bodies, compression, CORS and unread bodies.

pub(crate) mod compression;
pub(crate) mod cors;
pub(crate) mod drain_body;
pub(crate) mod observe;
pub(crate) mod request;
