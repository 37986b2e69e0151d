//! `partbook migrate unadopt`.

use clap::Args;

use super::Common;
use crate::cli::confirm::confirm;
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Do not ask
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    common: Common,
}

/// Takes our own tables away from an adopted database.
pub(super) async fn run(Arguments { yes, common }: Arguments) -> Result<(), Failure> {
    let opened = common.open(false).await?;
    let question = format!("Take Partbook's own tables, and the history of its migrations, away from {}?", opened.url);
    confirm(&question, yes)?;
    opened.migrator.unadopt().await?;
    let text = format!("{} is a legacy database again\n", opened.url);
    opened.close().await;
    print(&text)
}
