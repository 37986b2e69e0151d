//! Writes answers: rows and lists with their headers, and problems.

pub(crate) mod etag;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod problem;
