//! Where the backups are: files, each with its manifest beside it, in a directory or in a bucket of an object store. A file
//! without its manifest is no backup.

mod bucket;
mod client;
mod directory;
mod fault;
mod files;
mod location;
mod read;
#[cfg(test)]
mod tests;
mod upload;
mod workshop;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use partbook_domain::clock::{Clock as _, SystemClock};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use self::bucket::Bucket;
use self::directory::{Directory, manifest_at};
use self::read::manifest_name;
use crate::error::BackupError;
use crate::manifest::{Attempt, Manifest};

pub(crate) use files::{create_private, fingerprint, sync};
pub use location::Location;
pub(crate) use workshop::Workshop;

/// How many manifests are read at once.
const READS: usize = 8;

/// For how long a store may be asked for the latest backup by one who has something else to do.
const LOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the backups are.
#[derive(Clone, Debug)]
pub struct Store(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Directory(Directory),
    Bucket(Bucket),
}

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Where the file is.
    pub place: Place,
    /// What is known of it.
    pub manifest: Manifest,
}

/// Where the file of a backup is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of this machine.
    File(PathBuf),
    /// An object of a store, by its URL.
    Object(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Object(url) => f.write_str(url),
        }
    }
}

/// The file of a backup on this machine, where it is what its manifest says. A copy goes with the value.
#[derive(Debug)]
pub struct Fetched {
    pub(crate) path: PathBuf,
    pub(crate) manifest: Manifest,
    _workshop: Option<Workshop>,
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Directory(Directory(path)) => path.display().fmt(f),
            Kind::Bucket(bucket) => bucket.location().fmt(f),
        }
    }
}

impl Store {
    /// A store. A directory need not be there yet; nobody is asked.
    ///
    /// # Errors
    /// What the environment says of an object store makes no sense.
    pub fn open(location: &Location) -> Result<Self, BackupError> {
        Ok(Self(match location {
            Location::Directory(path) => Kind::Directory(Directory(path.clone())),
            Location::Bucket(bucket) => Kind::Bucket(Bucket::open(bucket)?),
        }))
    }

    /// Whether asking it takes time, and costs.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        matches!(self.0, Kind::Bucket(_))
    }

    /// Makes a directory where it is missing, removes what runs have left that were killed, and makes a place for what will be
    /// half-done.
    pub(crate) async fn prepare(&self) -> Result<Workshop, BackupError> {
        let workshop = match &self.0 {
            Kind::Directory(directory) => directory.prepare()?,
            Kind::Bucket(_) => Workshop::open_in(&std::env::temp_dir())?,
        };
        self.sweep().await?;
        Ok(workshop)
    }

    /// A place for a copy that is looked at.
    pub(crate) fn workshop(&self) -> Result<Workshop, BackupError> {
        match &self.0 {
            Kind::Directory(Directory(path)) => Workshop::open_in(path),
            Kind::Bucket(_) => Workshop::open_in(&std::env::temp_dir()),
        }
    }

    /// Removes what runs have left that were killed; says what.
    ///
    /// # Errors
    /// The store does not answer, or does not let it.
    pub async fn sweep(&self) -> Result<Vec<String>, BackupError> {
        let swept = match &self.0 {
            Kind::Directory(directory) => directory.sweep()?,
            Kind::Bucket(bucket) => {
                drop(Workshop::abandoned(&std::env::temp_dir()));
                bucket.sweep(SystemClock.now()).await?
            }
        };
        for what in &swept {
            tracing::info!(what, "removed what a run has left that was cut off");
        }
        Ok(swept)
    }

    /// The files that have a manifest, each with whether it is there.
    async fn described(&self) -> Result<Vec<(String, bool)>, BackupError> {
        match &self.0 {
            Kind::Bucket(bucket) => bucket.described().await,
            Kind::Directory(directory) => {
                let directory = directory.clone();
                let described = spawn_blocking(move || {
                    let is_there = |file: String| {
                        let is_there = directory.has(&file);
                        (file, is_there)
                    };
                    Ok(directory.described()?.into_iter().map(is_there).collect())
                });
                described.await.map_err(|error| BackupError::Files(error.to_string()))?
            }
        }
    }

    /// The backup of a file in the store.
    async fn backup(&self, file: &str) -> Result<Backup, BackupError> {
        let (manifest, place) = match &self.0 {
            Kind::Directory(directory) => (directory.manifest(file)?, Place::File(directory.0.join(file))),
            Kind::Bucket(bucket) => (bucket.manifest(file).await?, Place::Object(format!("{self}/{file}"))),
        };
        if manifest.file != file {
            return Err(BackupError::Files(format!("{}: describes another file", manifest_name(&place.to_string()))));
        }
        Ok(Backup { place, manifest })
    }

    /// The backups, the oldest first. A manifest that cannot be read is told in the log, and left out.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn list(&self) -> Result<Vec<Backup>, BackupError> {
        let mut files = Vec::new();
        for (file, is_there) in self.described().await? {
            if is_there {
                files.push(file);
            } else {
                tracing::warn!(file, "the file of a backup is gone; it is left out");
            }
        }
        let read = stream::iter(files).map(async |file| self.backup(&file).await).buffered(READS);
        let read: Vec<_> = read.collect().await;
        let mut backups = Vec::new();
        for backup in read {
            match backup {
                Ok(backup) => backups.push(backup),
                Err(error) => tracing::warn!(%error, "a manifest cannot be read; the backup is left out"),
            }
        }
        backups.sort_by(|one, other| one.manifest.taken_at.cmp(&other.manifest.taken_at));
        Ok(backups)
    }

    /// Those of one database, the oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn of(&self, database: &str) -> Result<Vec<Backup>, BackupError> {
        let mut backups = self.list().await?;
        backups.retain(|backup| backup.manifest.database == database);
        Ok(backups)
    }

    /// The latest of a database that was verified. Asks for a bounded time, and reads no more manifests than it must.
    ///
    /// # Errors
    /// The store cannot be read, or does not answer in that time.
    pub async fn last_verified(&self, database: &str) -> Result<Option<Backup>, BackupError> {
        let look = async {
            let mut files = self.described().await?;
            // The names end with the time.
            files.sort_by(|(one, _), (other, _)| time(other).cmp(time(one)));
            for (file, is_there) in files {
                if is_there
                    && let Ok(backup) = self.backup(&file).await
                    && backup.manifest.database == database
                    && backup.manifest.verified.is_some()
                {
                    return Ok(Some(backup));
                }
            }
            Ok(None)
        };
        self.in_time(look).await
    }

    async fn in_time<T>(&self, look: impl Future<Output = Result<T, BackupError>>) -> Result<T, BackupError> {
        let looked = timeout(LOOK_TIMEOUT, look).await;
        looked.unwrap_or_else(|_| Err(BackupError::Store(format!("{self} did not answer in {LOOK_TIMEOUT:?}"))))
    }

    /// The backup of a file, which is named as it is called in the store, by its URL there, or by its path.
    ///
    /// # Errors
    /// There is no such file, or no manifest beside it.
    pub async fn find(&self, file: &Path) -> Result<Backup, BackupError> {
        let text = file.to_str().unwrap_or_default();
        let name = text.strip_prefix(&format!("{self}/")).unwrap_or(text);
        if read::is_plain(name) {
            return if self.has(name).await? {
                self.backup(name).await
            } else {
                Err(BackupError::Files(format!("there is no backup {name} in {self}")))
            };
        }
        if !file.is_file() {
            return Err(BackupError::Files(format!("there is no backup {}", file.display())));
        }
        let manifest = manifest_at(Path::new(&manifest_name(text)))?;
        Ok(Backup { place: Place::File(file.to_owned()), manifest })
    }

    /// Whether there is a file of this name.
    pub(crate) async fn has(&self, file: &str) -> Result<bool, BackupError> {
        match &self.0 {
            Kind::Directory(directory) => Ok(directory.has(file)),
            Kind::Bucket(bucket) => bucket.has(file).await,
        }
    }

    /// Puts a finished file into the store, and then its manifest, with which it is a backup.
    pub(crate) async fn keep(
        &self,
        workshop: &Workshop,
        finished: &Path,
        manifest: &Manifest,
    ) -> Result<Backup, BackupError> {
        let place = match &self.0 {
            Kind::Directory(directory) => {
                directory.keep(workshop, finished, manifest)?;
                Place::File(directory.0.join(&manifest.file))
            }
            Kind::Bucket(bucket) => {
                bucket.keep(workshop, finished, manifest).await?;
                Place::Object(format!("{self}/{}", manifest.file))
            }
        };
        Ok(Backup { place, manifest: manifest.clone() })
    }

    /// Writes what is newly known of a backup; of a file that lies elsewhere nothing.
    pub(crate) async fn write_manifest(&self, backup: &Backup) -> Result<(), BackupError> {
        match (&self.0, &backup.place) {
            (Kind::Directory(directory), Place::File(path)) if path.parent() == Some(&directory.0) => {
                directory.write_manifest(&Workshop::open_in(&directory.0)?, &backup.manifest)
            }
            (Kind::Bucket(bucket), Place::Object(_)) => bucket.write_manifest(&backup.manifest).await,
            _ => Ok(()),
        }
    }

    /// The file of a backup on this machine, after a look whether it is what its manifest says.
    ///
    /// # Errors
    /// It is not, or cannot be read.
    pub async fn fetch(&self, backup: &Backup) -> Result<Fetched, BackupError> {
        let (path, workshop) = match (&self.0, &backup.place) {
            (Kind::Bucket(bucket), Place::Object(_)) => {
                let workshop = self.workshop()?;
                let path = workshop.path().join(&backup.manifest.file);
                bucket.fetch(&backup.manifest, &path).await?;
                (path, Some(workshop))
            }
            (_, place) => (PathBuf::from(place.to_string()), None),
        };
        check(&path, backup)?;
        Ok(Fetched { path, manifest: backup.manifest.clone(), _workshop: workshop })
    }

    /// Deletes a backup.
    ///
    /// # Errors
    /// It cannot be deleted.
    pub async fn delete(&self, backup: &Backup) -> Result<(), BackupError> {
        match &self.0 {
            Kind::Directory(directory) => directory.delete(&backup.manifest.file),
            Kind::Bucket(bucket) => bucket.delete(&backup.manifest.file).await,
        }
    }

    /// What became of the last attempt to make a backup; none where there was none. Asks for a bounded time.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn last_attempt(&self) -> Result<Option<Attempt>, BackupError> {
        match &self.0 {
            Kind::Directory(directory) => directory.last_attempt(),
            Kind::Bucket(bucket) => self.in_time(bucket.last_attempt()).await,
        }
    }

    pub(crate) async fn note_attempt(&self, workshop: &Workshop, attempt: &Attempt) -> Result<(), BackupError> {
        match &self.0 {
            Kind::Directory(directory) => directory.note_attempt(workshop, attempt),
            Kind::Bucket(bucket) => bucket.note_attempt(attempt).await,
        }
    }
}

/// Looks whether a file is what its manifest says.
fn check(path: &Path, backup: &Backup) -> Result<(), BackupError> {
    let (size, sha256) = fingerprint(path)?;
    let Backup { place, manifest } = backup;
    if size != manifest.size {
        return Err(BackupError::Broken(format!(
            "{place} has {size} bytes, and its manifest says {}: it was cut off or changed",
            manifest.size
        )));
    }
    if sha256 != manifest.sha256 {
        return Err(BackupError::Broken(format!(
            "{place} is not the file that its manifest describes: a part of it was changed"
        )));
    }
    Ok(())
}

/// The end of a file's name, which is the time and an ending.
fn time(file: &str) -> &str {
    file.rsplit_once("-20").map_or("", |(_, time)| time)
}
