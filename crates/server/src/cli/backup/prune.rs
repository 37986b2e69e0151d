//! `partbook backup prune`.

use clap::Args;
use partbook_backup::expired;
use partbook_domain::clock::{Clock as _, SystemClock};

use super::{Place, line};
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only say what would be deleted
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    place: Place,
}

/// Deletes the backups that are too old, and what runs have left that were killed.
pub(super) async fn run(Arguments { dry_run, place }: Arguments) -> Result<(), Failure> {
    let backup = place.read();
    let store = backup.store()?;
    let mut text = String::new();
    if !dry_run {
        text.extend(
            store.sweep().await?.iter().map(|what| format!("removed {what}, left by a run that was cut off\n")),
        );
    }
    let backups = store.list().await?;
    for old in expired(&backups, backup.retention(), SystemClock.now()) {
        if !dry_run {
            store.delete(old).await?;
        }
        text += &line(old);
    }
    print(&text)
}
