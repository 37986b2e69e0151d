//! `partbook token list`.

use clap::Args;
use partbook_domain::clock::{Clock as _, SystemClock};

use super::file::{FileArgument, HeldFile};
use crate::cli::Failure;
use crate::cli::output::print;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    file: FileArgument,
}

/// Prints a line for each token.
///
/// # Errors
/// The file cannot be read.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (file, now) = (HeldFile::open(&arguments.file.file)?, SystemClock.now());
    let mut text = String::new();
    for record in file.records() {
        let ended = if record.has_expired(now) { " (expired)" } else { "" };
        text += &format!("{}{ended}\n", record.without_hash());
    }
    print(&text)
}
