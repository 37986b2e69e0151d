//! `partbook migrate down`.

use clap::Args;
use partbook_migrate::{Direction, Goal};

use super::Common;
use super::steps::{Steps, print_scripts, refuse_hindered, teller};
use crate::cli::backup::BackupFirst;
use crate::cli::confirm::{confirm, confirm_name};
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    steps: Steps,

    /// The name of the database, for `--to 0` without a terminal: the whole catalog goes
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    #[command(flatten)]
    common: Common,
}

/// Takes migrations back: the newest, unless more are asked for.
pub(super) async fn run(Arguments { steps, name, common }: Arguments) -> Result<(), Failure> {
    if let Some(printed) = steps.print_between(&common, Direction::Down) {
        return printed;
    }
    let opened = common.open(false).await?;
    let goal = match steps.to {
        Some(version) => Goal::DownTo(version),
        None => Goal::DownBy(steps.count.unwrap_or(1) as usize),
    };
    let plan = opened.migrator.plan(goal).await?;
    let scripts = &plan.scripts;
    let dialect = opened.dialect();
    let hindrances = opened.migrator.hindrances(scripts).await?;
    if steps.dry_run || scripts.is_empty() {
        let text = format!("{} has no later migration\n", opened.url);
        opened.close().await;
        return if steps.dry_run { print_scripts(dialect, scripts, &hindrances, steps.json) } else { print(&text) };
    }
    refuse_hindered(&hindrances)?;
    if plan.has_rows {
        if scripts.last().is_some_and(|script| script.version == 1) {
            confirm_name(
                &format!("{} and all its rows go.", opened.url),
                &opened.url.name(),
                "--name",
                name.as_deref(),
            )?;
        } else {
            let question = format!("Take {} migration(s) of {} back, which has rows?", scripts.len(), opened.url);
            confirm(&question, steps.yes)?;
        }
    }
    let precaution = BackupFirst { url: &opened.url, arguments: &steps.backup };
    opened.migrator.apply(&plan, steps.accept_drift.as_deref(), &precaution, &mut teller("taken back")).await?;
    opened.close_written().await;
    Ok(())
}
