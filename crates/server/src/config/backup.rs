//! Where backups go, how long they are kept, and where they are tried.

use std::time::Duration;

use clap::parser::ValueSource;
use clap::{ArgAction, Args};
use partbook_backup::{Location, Retention, Store};
use partbook_database::DatabaseUrl;

use super::setting::{BadSetting, Given, Setting, Unread};
use super::values;

/// Where backups go, how long they are kept, and where they are tried.
#[derive(Args)]
pub(crate) struct BackupArguments {
    /// Where backups are: a directory, or a bucket as `s3://bucket/prefix`, `gs://bucket/prefix` or
    /// `az://container/prefix`
    #[arg(long, env = "PARTBOOK_BACKUP_DIR", default_value = "backups")]
    #[arg(value_name = "DIRECTORY|URL", value_parser = Unread)]
    pub(crate) backup_dir: Given,

    /// Days that backups are kept; the last one that was verified is kept in any case
    #[arg(long, env = "PARTBOOK_BACKUP_KEEP_DAYS", default_value = "7")]
    #[arg(value_name = "DAYS", value_parser = Setting(values::days))]
    keep_days: Duration,

    /// How many backups of a database are kept however old they are, the newest
    #[arg(long, env = "PARTBOOK_BACKUP_KEEP_LAST", default_value = "1")]
    #[arg(value_name = "NUMBER", value_parser = Setting(values::count))]
    keep_last: usize,

    /// A database of another PostgreSQL server, beside which backups are restored for a look, where the role may not create
    /// databases beside the live one. A password goes into the variable
    #[arg(long, env = "PARTBOOK_BACKUP_VERIFY_URL", default_value = "", hide_default_value = true)]
    #[arg(value_name = "URL", value_parser = Unread)]
    verify_url: Given,
}

/// Whether a database with rows is backed up before its migrations.
#[derive(Args)]
pub(crate) struct MigrateBackupArguments {
    /// Whether a database with rows is backed up before migrations
    #[arg(long, env = "PARTBOOK_MIGRATE_BACKUP", default_value = "on", value_name = "on|off")]
    #[arg(value_parser = Setting(values::switch), action = ArgAction::Set)]
    migrate_backup: bool,

    /// The same as --migrate-backup off
    #[arg(long)]
    no_backup: bool,

    #[command(flatten)]
    pub(crate) backup: BackupArguments,
}

impl MigrateBackupArguments {
    pub(crate) fn is_wanted(&self) -> bool {
        self.migrate_backup && !self.no_backup
    }
}

impl BackupArguments {
    /// Where the backups are. Nobody is asked whether they are.
    ///
    /// # Errors
    /// It is no place that is known, or holds credentials. The text is not shown.
    pub(crate) fn store(&self) -> Result<Store, BadSetting> {
        let given = &self.backup_dir;
        let fault = |text: String| BadSetting(format!("{}: {text}", given.name));
        let location = Location::parse(&given.text).map_err(fault)?;
        Store::open(&location).map_err(|error| fault(error.to_string()))
    }

    pub(crate) fn retention(&self) -> Retention {
        Retention { age: self.keep_days, last: self.keep_last }
    }

    /// The server on which backups are tried, where it is another one.
    ///
    /// # Errors
    /// It is no PostgreSQL URL; a flag holds a password, which everybody on the machine could read.
    pub(crate) fn verify_url(&self) -> Result<Option<DatabaseUrl>, BadSetting> {
        let given = &self.verify_url;
        if given.text.is_empty() {
            return Ok(None);
        }
        let fault = |text: String| BadSetting(format!("{}: {text}", given.name));
        let url = DatabaseUrl::parse(given.text()?).map_err(|error| fault(format!("the database URL {error}")))?;
        if url.file().is_some() {
            return Err(fault("names a file; a SQLite backup is tried in the directory of the backups".to_owned()));
        }
        if given.source == ValueSource::CommandLine && url.has_password() {
            return Err(fault("a command line is public: set PARTBOOK_BACKUP_VERIFY_URL instead".to_owned()));
        }
        Ok(Some(url))
    }
}
