//! `partbook migrate stamp`.

use clap::Args;
use partbook_migrate::StampRange;

use super::Common;
use crate::cli::confirm::confirm;
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The migration to enter
    #[arg(value_name = "VERSION", required_unless_present = "to", conflicts_with = "to")]
    #[arg(value_parser = clap::value_parser!(i64).range(1..))]
    version: Option<i64>,

    /// Enter all that are pending up to this version
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(i64).range(1..))]
    to: Option<i64>,

    /// Only look, and enter nothing
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    common: Common,
}

/// Enters migrations as applied whose effect is there.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { version, to, dry_run, yes, common } = arguments;
    let opened = common.open(false).await?;
    let range = match (version, to) {
        (Some(version), _) => StampRange::One(version),
        (None, to) => StampRange::UpTo(to.unwrap_or_default()),
    };
    let plan = opened.migrator.plan_stamp(range).await?;
    let mut text: String = plan.differences.iter().map(|difference| format!("differs  {difference}\n")).collect();
    if !plan.differences.is_empty() {
        opened.close().await;
        print(&text)?;
        return Err(Failure::Run(format!(
            "nothing was entered: {} difference(s) from what the migration(s) leave",
            plan.differences.len()
        )));
    }
    let what = if dry_run { "would be entered" } else { "entered" };
    text.extend(plan.migrations.iter().map(|(version, name)| format!("{version:04}  {name:<24}  {what}\n")));
    if plan.migrations.is_empty() {
        text = format!("{} has them already\n", opened.url);
    } else if !dry_run {
        let question = format!("Enter {} migration(s) of {} as applied?", plan.migrations.len(), opened.url);
        confirm(&question, yes)?;
        opened.migrator.stamp(&plan).await?;
    }
    opened.close_written().await;
    print(&text)
}
