//! Tests of the HTTP API, with the service inside the test ([`partbook_test_support::Service`]): what it answers to every
//! request, on every database. The modules mirror the tree of URLs. What takes a process is in `tests/process`.

mod access;
mod answers;
mod base_path;
mod browsers;
mod clients;
mod documents;
mod encodings;
mod errors;
mod harness;
mod health;
mod legacy;
mod openapi;
mod pool;
mod pool_postgres;
mod replaced_file;
mod start;
mod v1;
