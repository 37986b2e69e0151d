//! `partbook backup create`.

use clap::Args;
use partbook_backup::create;
use serde_json::json;

use super::{Common, line};
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Why it is made; entered in its manifest
    #[arg(long, value_name = "REASON", default_value = "by hand")]
    reason: String,

    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    common: Common,
}

/// Makes a backup.
pub(super) async fn run(Arguments { reason, json, common }: Arguments) -> Result<(), Failure> {
    let opened = common.open()?;
    let created = create(&opened.request(&reason)).await?;
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
