//! `partbook`: a catalog of PC parts, served over HTTP from PostgreSQL or a SQLite file.
//!
//! The exit status is 0 after success, 1 after a failure, and 2 when the command line or a setting makes no sense, or when a
//! command that looks whether something is in order could not look. Unless it is 0, one line on standard error says what is
//! wrong.

mod cli;
mod config;
mod demo;
mod serve;

use std::process::ExitCode;

use listenfd::ListenFd;

use crate::cli::Failure;

fn main() -> ExitCode {
    // It takes what it reads out of the environment, which is sound only while there is one thread.
    run(ListenFd::from_env())
}

#[tokio::main]
async fn run(inherited: ListenFd) -> ExitCode {
    // Its future holds the settings of every command.
    let failure = match Box::pin(cli::run(inherited)).await {
        Ok(()) => return ExitCode::SUCCESS,
        Err(failure) => failure,
    };
    eprintln!("partbook: {failure}");
    match failure {
        Failure::Usage(_) | Failure::Trouble(_) => ExitCode::from(2),
        Failure::Run(_) => ExitCode::FAILURE,
    }
}
