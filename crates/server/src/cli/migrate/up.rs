//! `partbook migrate up`.

use clap::Args;
use partbook_migrate::{Direction, Goal};

use super::Common;
use super::rehearse;
use super::steps::{Steps, print_scripts, refuse_hindered, teller};
use crate::cli::backup::BackupFirst;
use crate::cli::confirm::confirm;
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    steps: Steps,

    /// Make a backup, and try on what it restores what would be done, both ways; the database itself is only read
    #[arg(long, group = "looking", conflicts_with_all = ["no_backup", "from"])]
    rehearse: bool,

    /// An optional migration, which is applied too; may be given several times
    #[arg(long, value_name = "NAME")]
    with: Vec<String>,

    #[command(flatten)]
    common: Common,
}

/// Applies what is pending.
pub(super) async fn run(Arguments { steps, rehearse, with, common }: Arguments) -> Result<(), Failure> {
    if let Some(printed) = steps.print_between(&common, Direction::Up) {
        return printed;
    }
    let opened = common.open(!steps.dry_run && !rehearse).await?;
    let goal = Goal::Up { last: steps.to, count: steps.count.map(|count| count as usize), with };
    let plan = opened.migrator.plan(goal).await?;
    let pending = &plan.scripts;
    let dialect = opened.dialect();
    let hindrances = opened.migrator.hindrances(pending).await?;
    if steps.dry_run {
        opened.close().await;
        return print_scripts(dialect, pending, &hindrances, steps.json);
    }
    refuse_hindered(&hindrances)?;
    if pending.is_empty() {
        let text = format!("{} is up to date\n", opened.url);
        opened.close().await;
        return print(&text);
    }
    if rehearse {
        let migrations = common.migrations(dialect)?;
        let url = opened.url.clone();
        opened.close().await;
        return rehearse::run(&url, &plan, migrations, &steps).await;
    }
    if plan.has_rows {
        let question = format!("Apply {} migration(s) to {}, which has rows?", pending.len(), opened.url);
        confirm(&question, steps.yes)?;
    }
    let precaution = BackupFirst { url: &opened.url, arguments: &steps.backup };
    opened.migrator.apply(&plan, steps.accept_drift.as_deref(), &precaution, &mut teller("applied")).await?;
    opened.close_written().await;
    Ok(())
}
