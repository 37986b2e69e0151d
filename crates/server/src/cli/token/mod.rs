//! `partbook token`: API tokens, in a file of their hashes.

mod create;
mod file;
mod list;
mod mint;
mod revoke;
mod rotate;
mod values;

use clap::Subcommand;

use super::output::Failure;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a token, and print it, which is done this once
    Create(create::Arguments),
    /// List the tokens, without their secrets, which nobody has
    List(list::Arguments),
    /// End a token
    Revoke(revoke::Arguments),
    /// Make another token in the place of one, and print it; the old one may go on for a while
    Rotate(rotate::Arguments),
}

/// Runs one of them.
///
/// # Errors
/// See [`Failure`].
pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(arguments) => create::run(arguments),
        Command::List(arguments) => list::run(&arguments),
        Command::Revoke(arguments) => revoke::run(&arguments),
        Command::Rotate(arguments) => rotate::run(&arguments),
    }
}
