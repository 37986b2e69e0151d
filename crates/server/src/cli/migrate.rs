//! `partbook migrate`: the migrations that `partbook serve` applies at start, on their own.

use std::fmt::Write;

use clap::{Args, Subcommand};
use partbook_database::{DatabaseUrl, Pool};

use super::output::{Failure, print, warn_of_remaining_log};
use crate::config::{DatabaseArguments, LogArguments};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Apply the migrations that the database lacks: all of them, or none when one fails
    Up(Arguments),
    /// List the migrations and when each was applied; changes nothing
    Status(Arguments),
}

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    log: LogArguments,
}

/// Runs one of the two.
///
/// # Errors
/// A setting makes no sense; the database cannot be opened, or is another program's; a migration fails.
pub(super) async fn run(command: Command) -> Result<(), Failure> {
    let (Command::Up(arguments) | Command::Status(arguments)) = &command;
    let url = arguments.database.url()?;
    let _telemetry = partbook_telemetry::start(arguments.log.settings(), None).map_err(Failure::Run)?;
    let is_status = matches!(command, Command::Status(_));
    if is_status {
        refuse_to_create(&url)?;
    }
    let pool = Pool::connect(&url, &arguments.database.pool()).await?;
    let mut text = String::new();
    if is_status {
        for migration in partbook_migrate::status(&pool).await? {
            let applied = migration.applied_at.as_deref().unwrap_or("pending");
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:04}  {:<24}  {applied}", migration.version, migration.name);
        }
    } else {
        for migration in partbook_migrate::up(&pool).await? {
            let _ = writeln!(text, "{:04}  {:<24}  applied", migration.version, migration.name);
        }
        if text.is_empty() {
            text = format!("{url} is up to date\n");
        }
    }
    pool.close().await;
    warn_of_remaining_log(&url);
    print(&text)
}

/// Opening a SQLite file that is not there would create it.
fn refuse_to_create(url: &DatabaseUrl) -> Result<(), Failure> {
    match url.file().filter(|file| !file.exists()) {
        Some(_) => Err(Failure::Run(format!("{url} does not exist yet; `partbook migrate up` creates it"))),
        None => Ok(()),
    }
}
