//! Restores a backup into a scratch database, and compares what is there with what was in the database.

use std::time::Instant;

use partbook_domain::clock::{Clock, SystemClock};

use crate::content::Content;
use crate::engine;
use crate::error::BackupError;
use crate::manifest::{Manifest, Verification};
use crate::progress::told;
use crate::store::{Backup, Store};
use crate::trial::{Scratch, Trial};

/// Looks whether the file is what its manifest says, restores it into a scratch database, and compares. A success is written
/// into the manifest.
///
/// # Errors
/// The backup is of no use ([`BackupError::Broken`]), or could not be looked at: [`BackupError::Refused`] where the role may not
/// create a database.
pub async fn verify(store: &Store, backup: &mut Backup, scratch: Scratch<'_>) -> Result<(), BackupError> {
    try_out(store, backup, scratch).await?.drop().await
}

/// The same, and hands over what was restored.
pub(crate) async fn try_out(store: &Store, backup: &mut Backup, scratch: Scratch<'_>) -> Result<Trial, BackupError> {
    let since = Instant::now();
    let fetched = told("fetching", None, store.fetch(backup)).await?;
    let trial = told("restoring for a look", None, Trial::of(store, &fetched, scratch)).await?;
    let compared = async {
        let found = told("comparing", None, engine::content(trial.url())).await?;
        compare(&backup.manifest, &found)
    }
    .await;
    if let Err(error) = compared {
        trial.drop().await?;
        return Err(error);
    }
    backup.manifest.verified = Some(Verification {
        at: SystemClock.now().to_string(),
        milliseconds: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
    });
    store.write_manifest(backup).await?;
    Ok(trial)
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
