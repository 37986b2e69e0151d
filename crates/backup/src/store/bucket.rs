//! Backups in a bucket of an object store: a file and its manifest are objects of the same names as in a directory.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use object_store::multipart::MultipartStore;
use object_store::path::Path as ObjectPath;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt as _};
use partbook_domain::Timestamp;
use serde::Serialize;
use tokio::io::AsyncWriteExt as _;

use super::client::{self, Client};
use super::fault;
use super::files::{create_private, json};
use super::location::BucketLocation;
use super::read::{self, LAST_ATTEMPT, described_by, manifest_name};
use super::upload::{MAX_NOTE_AGE, Note, PART_SIZE, Upload, UploadError, Worker};
use super::workshop::Workshop;
use crate::error::BackupError;
use crate::manifest::{Attempt, Manifest};

/// What the name of the object ends with that notes an upload.
const NOTE_ENDING: &str = ".uploading";

/// The greatest size of an object that is read as text, bytes.
const MAX_TEXT_SIZE: u64 = 64 * 1024 * 1024;

#[derive(Clone)]
pub(super) struct Bucket {
    location: BucketLocation,
    objects: Arc<dyn ObjectStore>,
    parts: Arc<dyn MultipartStore>,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The clients hold credentials.
        f.debug_tuple("Bucket").field(&self.location).finish()
    }
}

impl Bucket {
    pub(super) fn open(location: &BucketLocation) -> Result<Self, BackupError> {
        Ok(Self::with_client(location, client::connect(location)?))
    }

    pub(super) fn with_client(location: &BucketLocation, (objects, parts): Client) -> Self {
        Self { location: location.clone(), objects, parts }
    }

    pub(super) fn location(&self) -> &BucketLocation {
        &self.location
    }

    fn path(&self, name: &str) -> ObjectPath {
        self.location.prefix.clone().join(name)
    }

    fn note(&self, file: &str) -> ObjectPath {
        self.path(&format!("{file}{NOTE_ENDING}"))
    }

    #[expect(clippy::needless_pass_by_value, reason = "for map_err")]
    fn fault(&self, error: Error) -> BackupError {
        fault::told(&self.location, &error)
    }

    /// Everything that is there, by its name.
    async fn objects(&self) -> Result<Vec<(String, ObjectMeta)>, BackupError> {
        let prefix = Some(&self.location.prefix).filter(|prefix| !prefix.as_ref().is_empty());
        let listed = self.objects.list_with_delimiter(prefix).await.map_err(|error| self.fault(error))?;
        let named = |object: ObjectMeta| Some((object.location.filename()?.to_owned(), object));
        Ok(listed.objects.into_iter().filter_map(named).collect())
    }

    /// The files that have a manifest, each with whether it is there.
    pub(super) async fn described(&self) -> Result<Vec<(String, bool)>, BackupError> {
        let objects = self.objects().await?;
        let is_there = |file: &str| objects.iter().any(|(name, _)| name == file);
        let files = objects.iter().filter_map(|(name, _)| described_by(name));
        Ok(files.map(|file| (file.to_owned(), is_there(file))).collect())
    }

    pub(super) async fn has(&self, file: &str) -> Result<bool, BackupError> {
        Ok(self.objects().await?.iter().any(|(name, _)| name == file))
    }

    pub(super) async fn manifest(&self, file: &str) -> Result<Manifest, BackupError> {
        let name = manifest_name(file);
        let text = self
            .text(&name)
            .await?
            .ok_or_else(|| BackupError::Store(format!("there is no backup {file} in {}", self.location)))?;
        read::manifest(&text).map_err(|what| BackupError::Store(format!("{}/{name}: {what}", self.location)))
    }

    /// A small object; none where it is not there.
    async fn text(&self, name: &str) -> Result<Option<Vec<u8>>, BackupError> {
        let read = match self.objects.get(&self.path(name)).await {
            Ok(read) => read,
            Err(error @ Error::NotFound { .. }) => return self.unless_bucket_is_missing(error).map(|()| None),
            Err(error) => return Err(self.fault(error)),
        };
        if read.meta.size > MAX_TEXT_SIZE {
            return Err(BackupError::Store(format!("{}/{name} is too long to be what it should be", self.location)));
        }
        Ok(Some(read.bytes().await.map_err(|error| self.fault(error))?.to_vec()))
    }

    /// That an object is not there is an answer; that the bucket is not there is a failure.
    fn unless_bucket_is_missing(&self, error: Error) -> Result<(), BackupError> {
        if fault::is_missing_bucket(self.location.service, &error) { Err(self.fault(error)) } else { Ok(()) }
    }

    async fn write(&self, name: &str, value: &impl Serialize) -> Result<(), BackupError> {
        let put = self.objects.put(&self.path(name), json(value)?.into_bytes().into()).await;
        put.map(drop).map_err(|error| self.fault(error))
    }

    /// Sends a finished file, and then its manifest, with which it is a backup.
    pub(super) async fn keep(
        &self,
        workshop: &Workshop,
        finished: &Path,
        manifest: &Manifest,
    ) -> Result<(), BackupError> {
        let (target, note) = (self.path(&manifest.file), self.note(&manifest.file));
        let upload = Upload {
            objects: &*self.objects,
            parts: &*self.parts,
            target: &target,
            note: &note,
            worker: Worker::in_workshop(workshop.path()),
        };
        let sent = match upload.send(finished, manifest.size).await {
            Ok(()) => self.write_manifest(manifest).await,
            Err(UploadError::Store(error)) => Err(self.fault(error)),
            Err(UploadError::File(error)) => Err(BackupError::file(finished, &error)),
        };
        if sent.is_err() {
            let _ = self.objects.delete(&target).await;
        }
        // One that stays is removed by a later run.
        let _ = self.objects.delete(&note).await;
        sent
    }

    pub(super) async fn write_manifest(&self, manifest: &Manifest) -> Result<(), BackupError> {
        self.write(&manifest_name(&manifest.file), manifest).await
    }

    /// Copies a file to this machine, a part at a time.
    pub(super) async fn fetch(&self, manifest: &Manifest, to: &Path) -> Result<(), BackupError> {
        let path = self.path(&manifest.file);
        let size = match self.objects.head(&path).await {
            Ok(object) => object.size,
            Err(Error::NotFound { .. }) => {
                return Err(BackupError::Store(format!("there is no backup {} in {}", manifest.file, self.location)));
            }
            Err(error) => return Err(self.fault(error)),
        };
        let mut file = tokio::fs::File::from_std(create_private(to)?);
        let fault = |error| BackupError::file(to, &error);
        let mut at = 0;
        // Not more than the manifest says: it is of no use, and may not fit.
        while at < size && at <= manifest.size {
            let end = size.min(at + PART_SIZE);
            let bytes = self.objects.get_range(&path, at..end).await.map_err(|error| self.fault(error))?;
            file.write_all(&bytes).await.map_err(fault)?;
            at = end;
        }
        file.sync_all().await.map_err(fault)
    }

    /// Deletes a backup, its manifest last: what is left when that is cut off can be deleted again.
    pub(super) async fn delete(&self, file: &str) -> Result<(), BackupError> {
        for path in [self.path(file), self.path(&manifest_name(file))] {
            self.delete_object(&path).await?;
        }
        Ok(())
    }

    async fn delete_object(&self, path: &ObjectPath) -> Result<(), BackupError> {
        match self.objects.delete(path).await {
            Ok(()) => Ok(()),
            Err(error @ Error::NotFound { .. }) => self.unless_bucket_is_missing(error),
            Err(error) => Err(self.fault(error)),
        }
    }

    pub(super) async fn last_attempt(&self) -> Result<Option<Attempt>, BackupError> {
        let Some(text) = self.text(LAST_ATTEMPT).await? else { return Ok(None) };
        let attempt = serde_json::from_slice(&text);
        attempt.map(Some).map_err(|error| BackupError::Store(format!("{}/{LAST_ATTEMPT}: {error}", self.location)))
    }

    pub(super) async fn note_attempt(&self, attempt: &Attempt) -> Result<(), BackupError> {
        self.write(LAST_ATTEMPT, attempt).await
    }

    /// Removes what runs have left that were killed; says what.
    pub(super) async fn sweep(&self, now: Timestamp) -> Result<Vec<String>, BackupError> {
        let objects = self.objects().await?;
        let oldest = now.earlier(MAX_NOTE_AGE).to_utc().and_utc().timestamp();
        let mut swept = Vec::new();
        for (name, object) in &objects {
            let Some(file) = name.strip_suffix(NOTE_ENDING).filter(|file| read::is_plain(file)) else { continue };
            let Some(text) = self.text(name).await? else { continue };
            let note: Note = serde_json::from_slice(&text).unwrap_or_default();
            if !note.worker.is_dead() && object.last_modified.timestamp() > oldest {
                continue;
            }
            if let Some(upload) = &note.upload {
                // It may have been completed or aborted.
                let _ = self.parts.abort_multipart(&self.path(file), upload).await;
            }
            if !objects.iter().any(|(other, _)| *other == manifest_name(file)) {
                self.delete_object(&self.path(file)).await?;
            }
            self.delete_object(&object.location).await?;
            swept.push(format!("{}/{file}", self.location));
        }
        Ok(swept)
    }
}
