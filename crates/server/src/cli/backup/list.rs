//! `partbook backup list`.

use clap::Args;
use serde_json::json;

use super::{Place, line};
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    place: Place,
}

/// Lists the backups. Asks no database.
pub(super) async fn run(Arguments { json, place }: Arguments) -> Result<(), Failure> {
    let backup = place.read();
    let store = backup.store()?;
    let backups = store.list().await?;
    // What is said of the last attempt is no reason to be silent on the backups.
    let attempt = store.last_attempt().await.unwrap_or_else(|error| {
        eprintln!("partbook: what became of the last attempt cannot be read: {error}");
        None
    });
    if json {
        let manifests: Vec<_> = backups.iter().map(|backup| json!(backup.manifest)).collect();
        print(&format!("{:#}\n", json!({"backups": manifests, "last_attempt": attempt})))?;
    } else {
        let failed = attempt.as_ref().and_then(|attempt| Some((&attempt.at, attempt.error.as_ref()?)));
        let failed =
            failed.map_or_else(String::new, |(at, error)| format!("the last attempt failed, at {at}: {error}\n"));
        print(&(backups.iter().map(line).collect::<String>() + &failed))?;
    }
    if backups.iter().any(|backup| backup.manifest.verified.is_some()) {
        return Ok(());
    }
    Err(Failure::Run(format!("there is no verified backup in {store}; `partbook backup create` makes one")))
}
