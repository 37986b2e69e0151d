//! `partbook migrate repair`.

use clap::Args;
use partbook_migrate::Repair;

use super::Common;
use crate::cli::confirm::confirm;
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The migration that was edited
    #[arg(value_name = "VERSION", value_parser = clap::value_parser!(i64).range(1..))]
    version: i64,

    /// Why it is accepted; entered in the history
    #[arg(long, value_name = "REASON", default_value = "accepted")]
    reason: String,

    /// Only show the difference
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    common: Common,
}

/// Shows how a migration was edited after it was applied, and enters that it is accepted.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { version, reason, dry_run, yes, common } = arguments;
    let opened = common.open(false).await?;
    let plan = opened.migrator.plan_repair(version).await?;
    let Repair { difference, checksums: (before, after), .. } = plan.clone();
    let difference = difference.unwrap_or_else(|| {
        "The script that was executed is not kept: a version before this one applied it.\n".to_owned()
    });
    print(&format!("- {before}\n+ {after}\n\n{difference}"))?;
    if dry_run {
        opened.close().await;
        return Ok(());
    }
    confirm(&format!("Accept migration {version} of {} as it is now? Nothing is executed.", opened.url), yes)?;
    opened.migrator.repair(&plan, &reason).await?;
    opened.close_written().await;
    print(&format!("{version:04}  accepted\n"))
}
