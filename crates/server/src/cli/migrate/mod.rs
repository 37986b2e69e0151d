//! `partbook migrate`: the migrations that `partbook serve` applies at start, on their own.

mod adopt;
mod down;
mod drift;
mod history;
mod lint;
mod new;
mod rehearse;
mod repair;
mod stamp;
mod status;
mod steps;
mod unadopt;
mod up;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use partbook_database::{DatabaseUrl, Dialect, Pool};
use partbook_migrate::{Migrations, Migrator};
use partbook_telemetry::Telemetry;

use super::output::{Failure, warn_of_remaining_log};
use crate::config::{DatabaseArguments, LogArguments};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Apply the migrations that the database lacks, each in a transaction of its own
    Up(up::Arguments),
    /// Take migrations back, the newest first, each in a transaction of its own
    Down(down::Arguments),
    /// List the migrations and when each was applied; exit status 0 when none is pending, 1 when one is, 2 in trouble
    Status(status::Arguments),
    /// List who ran migrations, when, and how it ended; or everything about one of them
    History(history::Arguments),
    /// Compare the schema with what the migrations made; exit status 0 without a difference, 1 with one, 2 in trouble
    Drift(drift::Arguments),
    /// Take a legacy database over, so that migrations apply to it, after a comparison with what the first one makes
    Adopt(adopt::Arguments),
    /// Give an adopted database back: take Partbook's own tables away
    Unadopt(unadopt::Arguments),
    /// Enter migrations as applied whose effect is there already
    Stamp(stamp::Arguments),
    /// Show how a migration was edited after it was applied, and accept that
    Repair(repair::Arguments),
    /// Look at the files of migrations, without a database; exit status 0 without a finding, 1 with one, 2 in trouble
    Lint(lint::Arguments),
    /// Write the files of a new migration for both databases, to be filled in
    New(new::Arguments),
}

/// Runs one of them.
///
/// # Errors
/// A setting makes no sense; the database cannot be opened, or is another program's; what was asked cannot be done.
pub(super) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Up(arguments) => up::run(arguments).await,
        Command::Down(arguments) => down::run(arguments).await,
        Command::Status(arguments) => status::run(arguments).await,
        Command::History(arguments) => history::run(arguments).await,
        Command::Drift(arguments) => drift::run(arguments).await,
        Command::Adopt(arguments) => adopt::run(arguments).await,
        Command::Unadopt(arguments) => unadopt::run(arguments).await,
        Command::Stamp(arguments) => stamp::run(arguments).await,
        Command::Repair(arguments) => repair::run(arguments).await,
        Command::Lint(arguments) => lint::run(arguments).await,
        Command::New(arguments) => new::run(arguments),
    }
}

/// What every one of them needs.
#[derive(Args)]
struct Common {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Take the migrations from this directory, in its folders postgres and sqlite, and not those in the program: to try new
    /// ones out
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,

    #[command(flatten)]
    log: LogArguments,
}

/// What a command needs that looks at a database and changes nothing.
#[derive(Args)]
pub(super) struct Report {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

impl Report {
    /// Opens a database that is there. Not having looked is told apart from what was found.
    async fn open(&self) -> Result<Opened, Failure> {
        self.common.open(false).await.map_err(Failure::into_trouble)
    }
}

/// The database that a command works on.
struct Opened {
    url: DatabaseUrl,
    migrator: Migrator,
    pool: Pool,
    _telemetry: Telemetry,
}

impl Common {
    /// Opens the database. A SQLite file that is not there is created only where `may_create` says so.
    async fn open(&self, may_create: bool) -> Result<Opened, Failure> {
        let url = self.database.url()?;
        let telemetry = partbook_telemetry::start(self.log.settings(), None).map_err(Failure::Run)?;
        match url.file().map(Path::try_exists) {
            Some(Ok(false)) if !may_create => {
                return Err(Failure::Trouble(format!("{url} does not exist yet; `partbook migrate up` creates it")));
            }
            Some(Err(error)) => return Err(Failure::Trouble(format!("{url} cannot be looked for: {error}"))),
            _ => {}
        }
        let dialect = Dialect::of_url(&url);
        // Before a file is made that nothing could be put into.
        let migrations = self.migrations(dialect)?;
        let pool = Pool::connect(&url, &self.database.pool()).await?;
        let migrator = Migrator::with(&pool, migrations).await?;
        Ok(Opened { url, migrator, pool, _telemetry: telemetry })
    }

    /// The migrations that there are.
    fn migrations(&self, dialect: Dialect) -> Result<Migrations, Failure> {
        Ok(match &self.directory {
            Some(directory) => Migrations::read(directory, dialect)?,
            None => Migrations::embedded(dialect)?,
        })
    }
}

impl Opened {
    fn dialect(&self) -> Dialect {
        Dialect::of(&self.pool)
    }

    async fn close(self) {
        self.pool.close().await;
    }

    /// The same after something was written: somebody may be about to copy the file.
    async fn close_written(self) {
        self.pool.close().await;
        warn_of_remaining_log(&self.url);
    }
}
