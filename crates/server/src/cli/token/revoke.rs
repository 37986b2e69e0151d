//! `partbook token revoke`.

use clap::Args;

use super::file::{FileArgument, HeldFile};
use super::values::name;
use crate::cli::Failure;
use crate::config::Setting;

#[derive(Args)]
pub(crate) struct Arguments {
    /// What the token is called
    #[arg(value_name = "NAME", value_parser = Setting(name))]
    name: String,

    #[command(flatten)]
    file: FileArgument,
}

/// Ends a token, and one that it has replaced and that still goes on.
///
/// # Errors
/// There is none of this name, or the file cannot be read or written.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut file = HeldFile::open(&arguments.file.file)?;
    file.newest(&arguments.name)?;
    file.change(|record| Some(record.clone()).filter(|record| *record.name != *arguments.name), None)
}
