//! What surrounds every request: its id, its body's remains, compression, other origins, and what is observed of it.

pub(crate) mod compression;
pub(crate) mod cors;
pub(crate) mod drain_body;
pub(crate) mod observe;
pub(crate) mod request;
