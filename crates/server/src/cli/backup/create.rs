//! `partbook backup create`.

use std::time::Duration;

use clap::Args;
use partbook_backup::{create, known_as};
use partbook_domain::Timestamp;
use partbook_domain::clock::{Clock as _, SystemClock};
use serde_json::json;
use tokio::time::sleep;

use super::{Common, Opened, line};
use crate::cli::output::{Failure, print};
use crate::serve::ShutdownSignal;

/// How long after one that failed the next one is tried.
const RETRY_INTERVAL: Duration = Duration::from_hours(1);

#[derive(Args)]
pub(crate) struct Arguments {
    /// Why it is made; entered in its manifest
    #[arg(long, value_name = "REASON", default_value = "by hand")]
    reason: String,

    /// Go on until the end: make one whenever the last one of the database is so many hours old
    #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u64).range(1..=8784), conflicts_with = "json")]
    every: Option<u64>,

    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    common: Common,
}

/// Makes a backup, or one after the other.
pub(super) async fn run(Arguments { reason, every, json, common }: Arguments) -> Result<(), Failure> {
    let opened = common.open()?;
    let Some(hours) = every else { return make(&opened, &reason, json).await };
    let mut signal = ShutdownSignal::install().map_err(|error| Failure::Run(error.to_string()))?;
    tokio::select! {
        () = repeat(&opened, &reason, Duration::from_hours(hours)) => Ok(()),
        () = signal.requested() => Ok(()),
    }
}

/// Makes one whenever the last one is old enough. One that failed is tried again sooner.
async fn repeat(opened: &Opened, reason: &str, every: Duration) {
    loop {
        sleep(until_due(opened, every).await).await;
        if let Err(failure) = make(opened, reason, false).await {
            tracing::error!("{failure}");
            sleep(RETRY_INTERVAL.min(every)).await;
        }
    }
}

/// How long it is until the next one is due, by the last one that is there. A store that cannot be read is not waited for: the
/// attempt says what is wrong with it.
async fn until_due(opened: &Opened, every: Duration) -> Duration {
    let backups = opened.store.of(&known_as(&opened.url)).await.unwrap_or_default();
    let last = backups.iter().rfind(|backup| backup.manifest.verified.is_some());
    let due = last.and_then(|backup| Timestamp::parse(&backup.manifest.taken_at)).map(|taken| taken.later(every));
    let left = due.map(|due| (due.to_utc() - SystemClock.now().to_utc()).to_std().unwrap_or_default());
    left.unwrap_or_default()
}

async fn make(opened: &Opened, reason: &str, json: bool) -> Result<(), Failure> {
    let created = create(&opened.request(reason)).await?;
    if json {
        print(&format!("{:#}\n", json!(created.backup.manifest)))?;
    } else {
        let deleted = created.deleted.iter().map(|file| format!("deleted {file}, which was too old\n"));
        print(&(line(&created.backup) + &deleted.collect::<String>()))?;
    }
    match created.unverified {
        None => Ok(()),
        Some(reason) => Err(Failure::Run(format!("the backup was made, and not verified: {reason}"))),
    }
}
