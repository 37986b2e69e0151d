//! `partbook backup prune`.

use clap::Args;
use partbook_backup::{expired, sweep};
use partbook_domain::clock::{Clock as _, SystemClock};

use super::{Common, line};
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only say what would be deleted
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    common: Common,
}

/// Deletes the backups that are too old, and what runs have left that were killed.
pub(super) async fn run(Arguments { dry_run, common }: Arguments) -> Result<(), Failure> {
    let opened = common.open()?;
    let store = &opened.store;
    let mut text = String::new();
    if !dry_run {
        text.extend(
            sweep(&opened.url, store)
                .await?
                .iter()
                .map(|what| format!("removed {what}, left by a run that was cut off\n")),
        );
    }
    let backups = store.list().await?;
    for old in expired(&backups, opened.backup.retention(), SystemClock.now()) {
        if !dry_run {
            store.delete(old).await?;
        }
        text += &line(old);
    }
    print(&text)
}
