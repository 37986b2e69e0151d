//! Everything under `/v1`.

mod catalog;
