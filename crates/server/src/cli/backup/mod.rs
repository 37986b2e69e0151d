//! `partbook backup`.

mod before;
mod create;
mod list;
mod prune;
mod restore;
mod verify;

pub(super) use before::BackupFirst;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use partbook_backup::{Backup, BackupError, Request, Scratch, Store, known_as};
use partbook_database::DatabaseUrl;
use partbook_telemetry::Telemetry;

use super::output::Failure;
use crate::config::{BackupArguments, DatabaseArguments, Given, LogArguments, Unread};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Copy the database while it is used, restore the copy into a scratch database, and compare
    Create(create::Arguments),
    /// List the backups; exit status 1 when none of them was verified
    List(list::Arguments),
    /// Restore a backup into a scratch database and compare it with what was in the database
    Verify(verify::Arguments),
    /// Put a backup in the place of the database, after a backup of that one
    Restore(restore::Arguments),
    /// Delete the backups that are too old
    Prune(prune::Arguments),
}

/// Runs one of them.
///
/// # Errors
/// A setting makes no sense; what was asked cannot be done.
pub(super) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(arguments) => create::run(arguments).await,
        Command::List(arguments) => list::run(arguments).await,
        Command::Verify(arguments) => verify::run(arguments).await,
        Command::Restore(arguments) => restore::run(arguments).await,
        Command::Prune(arguments) => prune::run(arguments).await,
    }
}

/// What every one of them needs that looks at a database.
#[derive(Args)]
struct Common {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    log: LogArguments,
}

/// Where the backups are.
#[derive(Args)]
struct Place {
    /// The same as --backup-dir
    #[arg(long, value_name = "DIRECTORY|URL", value_parser = Unread)]
    to: Option<Given>,

    #[command(flatten)]
    backup: BackupArguments,
}

impl Place {
    fn read(self) -> BackupArguments {
        let mut backup = self.backup;
        if let Some(place) = self.to {
            backup.backup_dir = place;
        }
        backup
    }
}

/// The settings, read.
struct Opened {
    url: DatabaseUrl,
    verify_url: Option<DatabaseUrl>,
    store: Store,
    backup: BackupArguments,
    _telemetry: Telemetry,
}

impl Common {
    fn open(self) -> Result<Opened, Failure> {
        let backup = self.place.read();
        let (url, verify_url) = (self.database.url()?, backup.verify_url()?);
        let telemetry = partbook_telemetry::start(self.log.settings(), None).map_err(Failure::Run)?;
        Ok(Opened { url, verify_url, store: backup.store()?, backup, _telemetry: telemetry })
    }
}

/// What a backup of a database is made of by these settings.
pub(super) fn request<'a>(
    url: &'a DatabaseUrl,
    backup: &BackupArguments,
    store: &'a Store,
    verify_url: Option<&'a DatabaseUrl>,
    reason: &'a str,
) -> Request<'a> {
    let scratch = verify_url.map_or(Scratch::Beside(url), Scratch::On);
    Request { url, known_as: None, store, reason, retention: backup.retention(), scratch }
}

impl Opened {
    fn request<'a>(&'a self, reason: &'a str) -> Request<'a> {
        request(&self.url, &self.backup, &self.store, self.verify_url.as_ref(), reason)
    }

    fn scratch(&self) -> Scratch<'_> {
        self.verify_url.as_ref().map_or(Scratch::Beside(&self.url), Scratch::On)
    }

    /// The latest verified backup of the database that lacks a migration.
    async fn before_migration(&self, version: i64) -> Result<Backup, BackupError> {
        let lacks_it = |backup: &Backup| backup.manifest.schema_version.is_some_and(|found| found < version);
        self.latest(lacks_it, &format!(" from before migration {version}")).await
    }

    /// The backup that is named, or the latest verified one of the database.
    async fn chosen(&self, file: Option<&PathBuf>) -> Result<Backup, BackupError> {
        match file {
            Some(file) => self.store.find(file).await,
            None => self.latest(|_| true, "").await,
        }
    }

    /// The backup that is named, or the latest of the database, verified or not.
    async fn any(&self, file: Option<&PathBuf>) -> Result<Backup, BackupError> {
        if let Some(file) = file {
            return self.store.find(file).await;
        }
        let database = known_as(&self.url);
        let latest = self.store.of(&database).await?.pop();
        latest.ok_or_else(|| BackupError::Files(format!("there is no backup of {database} in {}", self.store)))
    }

    /// One that was not verified has to be named: it may hold nothing, or what a restore was to get rid of.
    async fn latest(&self, is_meant: impl Fn(&Backup) -> bool, what: &str) -> Result<Backup, BackupError> {
        let database = known_as(&self.url);
        let is_verified = |backup: &Backup| backup.manifest.verified.is_some();
        let mut meant: Vec<Backup> = self.store.of(&database).await?.into_iter().filter(is_meant).collect();
        if let Some(latest) = meant.iter().rposition(is_verified) {
            return Ok(meant.swap_remove(latest));
        }
        Err(BackupError::Files(match meant.last() {
            None => format!("there is no backup of {database}{what} in {}", self.store),
            Some(unverified) => format!(
                "no backup of {database}{what} in {} was verified; the latest that was not is {}: name it to use it",
                self.store, unverified.manifest.file
            ),
        }))
    }
}

/// A line about a backup.
fn line(backup: &Backup) -> String {
    let manifest = &backup.manifest;
    let verified = match &manifest.verified {
        Some(_) => "verified",
        None => "not verified",
    };
    let (at, kib) = (manifest.taken_at.chars().take(19).collect::<String>(), manifest.size.div_ceil(1024));
    format!(
        "{at}Z  {:<40}  {kib:>8} KiB  {:>9} rows  {verified}  {}\n",
        plain(&manifest.file),
        manifest.content.rows(),
        plain(&manifest.reason)
    )
}

/// A text of a manifest without what would move the cursor of a terminal, or begin another line.
fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
