//! Restores a backup into a scratch database, and compares what is there with what was in the database.

use std::fs;
use std::path::Path;
use std::time::Instant;

use partbook_database::DatabaseUrl;
use partbook_domain::clock::{Clock, SystemClock};

use crate::content::Content;
use crate::engine::{self, ScratchDatabase, restore_into};
use crate::error::BackupError;
use crate::kind::DatabaseKind;
use crate::manifest::{Manifest, Verification};
use crate::store::{Backup, Store};

/// Where backups are restored for a look.
#[derive(Clone, Copy, Debug)]
pub enum Scratch<'a> {
    /// Beside the live database: a PostgreSQL database of that server, or a file in the store.
    Beside(&'a DatabaseUrl),
    /// On another PostgreSQL server.
    On(&'a DatabaseUrl),
}

/// Looks whether the file is what its manifest says, restores it into a scratch database, and compares. A success is written
/// into the manifest.
///
/// # Errors
/// The backup is of no use ([`BackupError::Broken`]), or could not be looked at: [`BackupError::Refused`] where the role may not
/// create a database.
pub async fn verify(store: &Store, backup: &mut Backup, scratch: Scratch<'_>) -> Result<(), BackupError> {
    let since = Instant::now();
    let fetched = store.fetch(backup).await?;
    let found = match backup.manifest.kind {
        DatabaseKind::Sqlite => restored_sqlite(store, &fetched.path, scratch).await?,
        DatabaseKind::Postgres => restored_postgres(&fetched.path, scratch).await?,
    };
    compare(&backup.manifest, &found)?;
    backup.manifest.verified = Some(Verification {
        at: SystemClock.now().to_string(),
        milliseconds: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
    });
    store.write_manifest(backup).await
}

/// Compares what was restored with what a manifest says.
pub(crate) fn compare(manifest: &Manifest, found: &Content) -> Result<(), BackupError> {
    let differences = manifest.content.differences(found);
    match differences.first() {
        None => Ok(()),
        Some(first) => Err(BackupError::Broken(format!(
            "what {} restores is not what was in the database: {first}, {} difference(s) in all",
            manifest.file,
            differences.len()
        ))),
    }
}

async fn restored_sqlite(store: &Store, path: &Path, scratch: Scratch<'_>) -> Result<Content, BackupError> {
    let (Scratch::Beside(url) | Scratch::On(url)) = scratch;
    let workshop = store.workshop()?;
    let file = workshop.path().join("scratch.db");
    fs::copy(path, &file).map_err(|error| BackupError::file(&file, &error))?;
    engine::content(&sqlite_url(url, &file)?).await
}

async fn restored_postgres(path: &Path, scratch: Scratch<'_>) -> Result<Content, BackupError> {
    let (Scratch::Beside(server) | Scratch::On(server)) = scratch;
    let database = ScratchDatabase::create(server).await.map_err(|error| match error {
        BackupError::Refused(reason) => BackupError::Refused(format!(
            "{reason}, so that the backup cannot be restored for a look: --verify-url names a server where that is possible"
        )),
        error => error,
    })?;
    let restored = async {
        restore_into(&database.url, path, false)
            .await
            .map_err(|error| BackupError::Broken(format!("the backup cannot be restored: {error}")))?;
        engine::content(&database.url).await
    }
    .await;
    database.drop().await?;
    restored
}

/// A SQLite file as a database.
fn sqlite_url(live: &DatabaseUrl, file: &Path) -> Result<DatabaseUrl, BackupError> {
    let text = file.to_str().ok_or_else(|| BackupError::Files(format!("{} is not UTF-8", file.display())))?;
    if live.file().is_some() {
        return Ok(live.with_name(text));
    }
    DatabaseUrl::parse(&format!("sqlite://{text}")).map_err(|error| BackupError::Files(error.to_string()))
}
