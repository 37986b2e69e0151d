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

/// Deletes the backups that are too old.
pub(super) fn run(Arguments { dry_run, place }: Arguments) -> Result<(), Failure> {
    let backup = place.read();
    let store = backup.store();
    let backups = store.list()?;
    let mut text = String::new();
    for old in expired(&backups, backup.retention(), SystemClock.now()) {
        if !dry_run {
            store.delete(old)?;
        }
        text += &line(old);
    }
    print(&text)
}
