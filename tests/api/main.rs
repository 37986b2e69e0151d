//! Black-box tests: every one starts the real binary on a database of its own and talks HTTP to it. The modules mirror
//! the tree of URLs. What tests are written with, and how, is in [`support`].

#![allow(clippy::disallowed_methods, reason = "tests send SQL over connections of their own")]

mod browsers;
mod clients;
mod command_line;
mod documents;
mod errors;
mod harness;
mod health;
mod legacy;
mod log;
mod metrics;
mod openapi;
mod outage;
mod races;
mod smoke;
mod support;
mod traces;
mod v1;
