//! `partbook backup restore`.

use std::path::PathBuf;

use clap::Args;
use partbook_backup::{Manner, plan_restore, restore};

use super::{Common, line};
use crate::cli::confirm::{confirm, confirm_name};
use crate::cli::output::{Failure, print};

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Arguments {
    /// The backup; without it, the latest of the database
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// The latest backup that was taken before this migration was applied
    #[arg(long, value_name = "VERSION", conflicts_with = "file")]
    before_migration: Option<i64>,

    /// End the sessions of others on a PostgreSQL database
    #[arg(long)]
    terminate: bool,

    /// The name of the database that the backup is of, where that is another one than the one that it takes the place of
    #[arg(long, value_name = "NAME")]
    of: Option<String>,

    /// Let everything on a PostgreSQL database belong to the role that restores it, and nobody else have rights
    #[arg(long)]
    no_owners: bool,

    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    common: Common,
}

/// Puts a backup in the place of the database.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { file, before_migration, terminate, of, no_owners, dry_run, yes, common } = arguments;
    let manner = Manner { terminates: terminate, keeps_owners: !no_owners };
    let opened = common.open()?;
    let backup = match before_migration {
        Some(version) => opened.before_migration(version).await?,
        None => opened.chosen(file.as_ref()).await?,
    };
    let fetched = opened.store.fetch(&backup).await?;
    let plan = plan_restore(&opened.url, &fetched, manner.keeps_owners).await?;
    let mut text = line(&backup);
    text += if plan.replaces { "replaces  " } else { "makes     " };
    text += &format!("{}\n", opened.url);
    if let Some(other) = &plan.is_of {
        text += &format!("another   {other} is what the backup is of\n");
    }
    for (table, rows) in &plan.of_others {
        text += &format!("and with it the table {table} of another program, with {rows} row(s)\n");
    }
    text.extend(plan.connected.iter().map(|who| format!("connected {who}\n")));
    print(&text)?;
    if dry_run {
        return Ok(());
    }
    // Where nothing is replaced there is nothing to lose: that is how a database moves.
    if let Some(other) = plan.is_of.as_ref().filter(|_| plan.replaces) {
        let warning =
            format!("The backup is of another database, {other}, and would take the place of {}.", opened.url);
        confirm_name(&warning, &backup.manifest.name, "--of", of.as_deref())?;
    }
    confirm(&format!("Restore {} as it was at {}?", opened.url, backup.manifest.taken_at), yes)?;
    let safety = restore(&opened.request("before restore"), &fetched, manner).await?;
    let mut text = format!("{} is as it was at {}\n", opened.url, backup.manifest.taken_at);
    if let Some(safety) = safety {
        text += &format!("what it was before: {}\n", safety.place);
    }
    print(&text)
}
