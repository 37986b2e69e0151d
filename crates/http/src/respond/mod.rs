//! Writes answers: rows and lists with their headers, problems, failures for the log, and files.

pub(crate) mod challenge;
pub(crate) mod etag;
pub(crate) mod failure;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod pending;
pub(crate) mod preference;
pub(crate) mod problem;
pub(crate) mod row;
pub(crate) mod static_file;
