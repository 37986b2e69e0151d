//! Everything under `/v1`.

mod catalog;
mod fields_data;
mod listings;
mod usage;
