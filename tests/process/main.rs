//! Tests of `partbook` as a process ([`partbook_test_support::Server`]): its command line, its start and its end, what it
//! writes and sends about itself, the network, and two of it on one database.

mod access;
mod backup;
mod check;
mod command_line;
mod connections;
mod encodings;
mod failover;
mod given_up;
mod http;
mod idempotency;
mod large_bodies;
mod legacy;
mod log;
mod metrics;
mod migrate;
mod migrations;
mod network;
mod outage;
mod plans;
mod poolers;
mod races;
mod restarts;
mod slow_readers;
mod smoke;
mod tokens;
mod traces;
