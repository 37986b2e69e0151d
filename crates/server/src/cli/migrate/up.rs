//! `partbook migrate up`.

use clap::Args;

use super::Common;
use super::steps::{Steps, print_done, print_scripts};
use crate::cli::confirm::confirm;
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    steps: Steps,
    #[command(flatten)]
    common: Common,
}

/// Applies what is pending.
pub(super) async fn run(Arguments { steps, common }: Arguments) -> Result<(), Failure> {
    if let Some(printed) = steps.print_between(&common) {
        return printed;
    }
    let opened = common.open(!steps.dry_run).await?;
    let mut pending = partbook_migrate::plan_up(&opened.pool, steps.to).await?;
    pending.truncate(steps.count.map_or(usize::MAX, |count| count as usize));
    let Some(last) = pending.last() else {
        let text = format!("{} is up to date\n", opened.url);
        opened.close().await;
        return if steps.dry_run { print_scripts(&[]) } else { print(&text) };
    };
    if steps.dry_run {
        opened.close().await;
        return print_scripts(&pending);
    }
    if partbook_migrate::has_rows(&opened.pool).await? {
        let question = format!("Apply {} migration(s) to {}, which has rows?", pending.len(), opened.url);
        confirm(&question, steps.yes)?;
    }
    let applied = partbook_migrate::up(&opened.pool, Some(last.version)).await?;
    opened.close_written().await;
    print_done(applied.iter().map(|migration| (migration.version, migration.name.as_str())), "applied")
}
