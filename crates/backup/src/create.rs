//! Makes a backup: copies, describes, verifies, and deletes what is too old.

use std::path::Path;
use std::time::Instant;

use partbook_database::{DatabaseUrl, Pool, PoolSettings};
use partbook_domain::Timestamp;
use partbook_domain::clock::{Clock, SystemClock};
use partbook_migrate::Migrator;

use crate::engine::{self, Copied};
use crate::error::BackupError;
use crate::kind::DatabaseKind;
use crate::leftovers::sweep_beside;
use crate::manifest::{Attempt, FORMAT, Manifest};
use crate::progress::told;
use crate::retention::{Retention, expired};
use crate::store::{Backup, Store, Workshop, fingerprint};
use crate::trial::{Scratch, Trial};
use crate::verify::try_out;

/// What a backup is made of, and why.
#[derive(Debug)]
pub struct Request<'a> {
    /// The database.
    pub url: &'a DatabaseUrl,
    /// The database that it is, where it goes by another name for the moment.
    pub known_as: Option<&'a DatabaseUrl>,
    /// Where the backup goes.
    pub store: &'a Store,
    /// Why it is made.
    pub reason: &'a str,
    /// How long backups are kept.
    pub retention: Retention,
    /// Where it is verified.
    pub scratch: Scratch<'a>,
}

/// A backup that was made.
#[derive(Debug)]
pub struct Created {
    /// The backup.
    pub backup: Backup,
    /// Why it is not verified, where it could not be.
    pub unverified: Option<String>,
    /// The files that were deleted because they were too old.
    pub deleted: Vec<String>,
}

/// Makes a backup, verifies it, and deletes those that are too old: only after a verified success. What became of it is noted
/// in the store in any case.
///
/// # Errors
/// It could not be made; or it is not what was in the database, and is of no use.
pub async fn create(request: &Request<'_>) -> Result<Created, BackupError> {
    let (created, trial) = create_keeping(request).await?;
    if let Some(trial) = trial {
        trial.drop().await?;
    }
    Ok(created)
}

/// The same, and hands over what was restored for a look, where it was.
pub(crate) async fn create_keeping(request: &Request<'_>) -> Result<(Created, Option<Trial>), BackupError> {
    let workshop = request.store.prepare().await?;
    // Of one that goes by another name for the moment, somebody else has seen to that.
    if request.known_as.is_none()
        && let Err(error) = sweep_beside(request.url, request.store).await
    {
        tracing::warn!(%error, "what runs have left that were cut off cannot be looked for");
    }
    let at = SystemClock.now().to_string();
    let created = attempt(request, &workshop).await;
    let attempt = Attempt {
        at,
        reason: request.reason.to_owned(),
        file: created.as_ref().ok().map(|(created, _)| created.backup.manifest.file.clone()),
        error: created.as_ref().err().map(ToString::to_string),
    };
    let noted = request.store.note_attempt(&workshop, &attempt).await;
    // Why there is no backup is worth more than that it could not be noted.
    created.and_then(|created| noted.map(|()| created))
}

async fn attempt(request: &Request<'_>, workshop: &Workshop) -> Result<(Created, Option<Trial>), BackupError> {
    let Request { url, store, retention, scratch, .. } = request;
    let known_as = request.known_as.unwrap_or(url);
    let kind = engine::kind(url);
    let now = SystemClock.now();
    let file = file_name(store, known_as, kind, now).await?;
    let since = Instant::now();
    let copy = workshop.path().join(&file);
    let copied = told("copying", Some(&copy), engine::copy(url, &copy)).await?;
    let schema_version = schema_version(url).await;
    let mut backup = enter(request, workshop, file, (now, since), copied, schema_version).await?;
    let (mut unverified, mut trial) = (None, None);
    match try_out(store, &mut backup, *scratch).await {
        Ok(restored) => trial = Some(restored),
        // It may be good; there was no place to look.
        Err(BackupError::Refused(reason)) => unverified = Some(reason),
        Err(error) => return Err(error),
    }
    let mut deleted = Vec::new();
    if unverified.is_none() {
        let backups = store.list().await?;
        for old in expired(&backups, *retention, SystemClock.now()) {
            store.delete(old).await?;
            deleted.push(old.manifest.file.clone());
        }
    }
    Ok((Created { backup, unverified, deleted }, trial))
}

/// Puts a finished copy into the store, with its manifest; it lies in the workshop under its name. `taken_at` is the moment that
/// it shows, and `since` when the copying began.
pub(crate) async fn enter(
    request: &Request<'_>,
    workshop: &Workshop,
    file: String,
    (taken_at, since): (Timestamp, Instant),
    copied: Copied,
    schema_version: Option<i64>,
) -> Result<Backup, BackupError> {
    let known_as = request.known_as.unwrap_or(request.url);
    let finished = workshop.path().join(&file);
    let (size, sha256) = fingerprint(&finished)?;
    let manifest = Manifest {
        format: FORMAT,
        file,
        size,
        sha256,
        database: engine::known_as(known_as),
        name: known_as.name(),
        kind: engine::kind(known_as),
        server_version: copied.server_version,
        client_version: copied.client_version,
        schema_version,
        reason: request.reason.to_owned(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: taken_at.to_string(),
        milliseconds: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
        expires_at: taken_at.later(request.retention.age).to_string(),
        definition: copied.definition,
        journal_mode: copied.journal_mode,
        copied_from: request.known_as.map(|_| request.url.name()),
        content: copied.content,
        verified: None,
    };
    let kept = told("keeping", None, request.store.keep(workshop, &finished, &manifest)).await;
    remove(&finished);
    kept
}

/// Makes room: what was sent to a store is fetched again for its verification.
fn remove(finished: &Path) {
    // It is gone where it was moved.
    let _ = std::fs::remove_file(finished);
}

/// The newest migration of a database of ours; none for another one.
pub(crate) async fn schema_version(url: &DatabaseUrl) -> Option<i64> {
    let pool = Pool::connect(url, &PoolSettings { size: 1, ..PoolSettings::default() }).await.ok()?;
    let version = async { Migrator::new(&pool).await.ok()?.status().await.ok().map(|status| status.version) }.await;
    pool.close().await;
    version
}

/// `catalog-20261128T020000123Z.dump`; a second one of the same millisecond has another end.
pub(crate) async fn file_name(
    store: &Store,
    url: &DatabaseUrl,
    kind: DatabaseKind,
    now: Timestamp,
) -> Result<String, BackupError> {
    let name = url.name();
    let name = name.strip_suffix(".db").unwrap_or(&name);
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    let name: String = name.chars().map(|character| if is_plain(character) { character } else { '_' }).collect();
    let ending = match kind {
        DatabaseKind::Sqlite => "db",
        DatabaseKind::Postgres => "dump",
    };
    let time = now.to_utc().format("%Y%m%dT%H%M%S%3fZ");
    let mut file = format!("{name}-{time}.{ending}");
    let mut number = 1;
    while store.has(&file).await? {
        number += 1;
        file = format!("{name}-{time}-{number}.{ending}");
    }
    Ok(file)
}
