//! `partbook backup verify`.

use std::path::PathBuf;

use clap::Args;

use super::{Common, line};
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The backup; without it, the latest of the database
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    common: Common,
}

/// Restores a backup into a scratch database, and compares.
pub(super) async fn run(Arguments { file, common }: Arguments) -> Result<(), Failure> {
    let opened = common.open()?;
    let mut backup = opened.any(file.as_ref()).await?;
    partbook_backup::verify(&opened.store, &mut backup, opened.scratch()).await?;
    print(&line(&backup))
}
