//! The backup before migrations.

use std::pin::Pin;

use partbook_backup::create;
use partbook_database::{DatabaseUrl, StartError};
use partbook_migrate::Precaution;

use super::request;
use crate::config::{BadSetting, MigrateBackupArguments};

/// Has a database with rows backed up before its migrations, unless that is not wanted. A backup that could not be verified is as
/// good as none.
pub(crate) struct BackupFirst<'a> {
    pub(crate) url: &'a DatabaseUrl,
    pub(crate) arguments: &'a MigrateBackupArguments,
}

impl Precaution for BackupFirst<'_> {
    fn take<'a>(&'a self, reason: &'a str) -> Pin<Box<dyn Future<Output = Result<(), StartError>> + Send + 'a>> {
        Box::pin(async move {
            if !self.arguments.is_wanted() {
                return Ok(());
            }
            let backup = &self.arguments.backup;
            let (verify_url, store) = (backup.verify_url().map_err(unset)?, backup.store().map_err(unset)?);
            let request = request(self.url, backup, &store, verify_url.as_ref(), reason);
            let created = create(&request).await.map_err(|error| stopped(&format!("could not be made: {error}")))?;
            if let Some(reason) = created.unverified {
                return Err(stopped(&format!("could not be verified: {reason}")));
            }
            let file = &created.backup.manifest.file;
            tracing::info!(file, store = %store, "backup made and verified");
            Ok(())
        })
    }
}

fn unset(BadSetting(text): BadSetting) -> StartError {
    StartError::Stuck(text)
}

fn stopped(what: &str) -> StartError {
    StartError::Stuck(format!(
        "the backup before the migrations {what}. Nothing was changed; --no-backup, or PARTBOOK_MIGRATE_BACKUP=off, goes on without one"
    ))
}
