//! The layers around every request: its id, observation, the host that it is for, who it comes from, common headers, problem bodies,
//! compression, CORS and unread
//! bodies.

pub(crate) mod authenticate;
mod base_path;
mod common_headers;
pub(crate) mod compression;
pub(crate) mod consistency;
pub(crate) mod cors;
mod drain_body;
pub(crate) mod host;
pub(crate) mod no_content;
pub(crate) mod observe;
pub(crate) mod pending_answers;
pub(crate) mod problem_body;
pub(crate) mod rate_limit;
pub(crate) mod request;
