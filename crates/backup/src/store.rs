//! The directory of the backups: files that nobody else reads, each with its manifest beside it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use partbook_domain::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::content::hexadecimal;
use crate::error::BackupError;
use crate::manifest::{Attempt, FORMAT, Manifest};

/// The file that says what became of the last attempt.
const LAST_ATTEMPT: &str = "last-attempt.json";

/// How much of a file is read at once, bytes.
const CHUNK_SIZE: usize = 1024 * 1024;

/// The directory of the backups.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
}

/// A backup in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Where the file is.
    pub path: PathBuf,
    /// What is known of it.
    pub manifest: Manifest,
}

impl Store {
    /// A directory, which need not be there yet.
    #[must_use]
    pub fn at(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Makes the directory where it is missing, and keeps others out of it.
    pub(crate) fn prepare(&self) -> Result<(), BackupError> {
        let fault = |error| BackupError::file(&self.directory, &error);
        if !self.directory.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.directory).map_err(fault)?;
        }
        let mode = fs::metadata(&self.directory).map_err(fault)?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(
                directory = %self.directory.display(),
                "others may look into the directory of the backups; `chmod 700` keeps them out"
            );
        }
        Ok(())
    }

    /// The backups, the oldest first. A manifest that cannot be read is told in the log, and left out.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn list(&self) -> Result<Vec<Backup>, BackupError> {
        if !self.directory.exists() {
            return Ok(Vec::new());
        }
        let mut backups = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(|error| BackupError::file(&self.directory, &error))? {
            let path = entry.map_err(|error| BackupError::file(&self.directory, &error))?.path();
            let is_manifest = path.extension().is_some_and(|extension| extension == "json")
                && path.file_name().is_some_and(|name| name != LAST_ATTEMPT);
            if !is_manifest {
                continue;
            }
            match read_manifest(&path) {
                Ok(manifest) if !self.directory.join(&manifest.file).is_file() => {
                    tracing::warn!(file = manifest.file, "the file of a backup is gone; it is left out");
                }
                Ok(manifest) => backups.push(Backup { path: self.directory.join(&manifest.file), manifest }),
                Err(error) => tracing::warn!(%error, "a manifest cannot be read; the backup is left out"),
            }
        }
        backups.sort_by(|one, other| one.manifest.taken_at.cmp(&other.manifest.taken_at));
        Ok(backups)
    }

    /// Those of one database, the oldest first.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn of(&self, database: &str) -> Result<Vec<Backup>, BackupError> {
        let mut backups = self.list()?;
        backups.retain(|backup| backup.manifest.database == database);
        Ok(backups)
    }

    /// The latest of a database that was verified; none where the directory cannot be read, either.
    #[must_use]
    pub fn last_verified(&self, database: &str) -> Option<Backup> {
        self.of(database).unwrap_or_default().into_iter().rfind(|backup| backup.manifest.verified.is_some())
    }

    /// The backup of a file, which is named as it is called in the store or by its path.
    ///
    /// # Errors
    /// There is no such file, or no manifest beside it.
    pub fn find(&self, file: &Path) -> Result<Backup, BackupError> {
        let path = if file.components().count() > 1 { file.to_owned() } else { self.directory.join(file) };
        if !path.is_file() {
            return Err(BackupError::Files(format!("there is no backup {}", path.display())));
        }
        let manifest = read_manifest(&manifest_of(&path))?;
        Ok(Backup { path, manifest })
    }

    /// A path for a file that is being written; it is a backup when it has been renamed.
    pub(crate) fn partial(&self, file: &str) -> PathBuf {
        self.directory.join(format!(".{file}.{}.partial", std::process::id()))
    }

    /// Puts a finished file in its place, with its manifest.
    pub(crate) fn keep(&self, partial: &Path, manifest: &Manifest) -> Result<Backup, BackupError> {
        let path = self.directory.join(&manifest.file);
        fs::set_permissions(partial, fs::Permissions::from_mode(0o600))
            .and_then(|()| File::open(partial)?.sync_all())
            .map_err(|error| BackupError::file(partial, &error))?;
        // A manifest without its file is no backup, and a file without its manifest could not be trusted.
        self.write_manifest(manifest)?;
        fs::rename(partial, &path).map_err(|error| BackupError::file(&path, &error))?;
        sync(&self.directory)?;
        Ok(Backup { path, manifest: manifest.clone() })
    }

    pub(crate) fn write_manifest(&self, manifest: &Manifest) -> Result<(), BackupError> {
        write_json(&manifest_of(&self.directory.join(&manifest.file)), manifest)
    }

    /// Deletes a backup, its manifest last: what is left when that is cut off can be deleted again.
    ///
    /// # Errors
    /// A file cannot be deleted.
    pub fn delete(&self, backup: &Backup) -> Result<(), BackupError> {
        for path in [backup.path.clone(), manifest_of(&backup.path)] {
            if let Err(error) = fs::remove_file(&path)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(BackupError::file(&path, &error));
            }
        }
        Ok(())
    }

    /// What became of the last attempt to make a backup; none where there was none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last_attempt(&self) -> Result<Option<Attempt>, BackupError> {
        let path = self.directory.join(LAST_ATTEMPT);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(|error| BackupError::file(&path, &error))?;
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| BackupError::Files(format!("{}: {error}", path.display())))
    }

    pub(crate) fn note_attempt(&self, attempt: &Attempt) -> Result<(), BackupError> {
        write_json(&self.directory.join(LAST_ATTEMPT), attempt)
    }
}

/// The manifest beside a file.
pub(crate) fn manifest_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".json");
    name.into()
}

fn read_manifest(path: &Path) -> Result<Manifest, BackupError> {
    let fault = |what: String| BackupError::Files(format!("{}: {what}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| fault(format!("is no manifest: {error}")))?;
    if manifest.format != FORMAT {
        return Err(fault(format!("has the form {}, and this version of Partbook reads {FORMAT}", manifest.format)));
    }
    if Timestamp::parse(&manifest.taken_at).is_none() {
        return Err(fault("does not say when it was taken".to_owned()));
    }
    // It may only name a file beside itself that could be a backup.
    let is_json = Path::new(&manifest.file).extension().is_some_and(|extension| extension == "json");
    if Path::new(&manifest.file).components().count() != 1 || manifest.file.starts_with('.') || is_json {
        return Err(fault("names a file that is not beside it".to_owned()));
    }
    Ok(manifest)
}

/// Writes a file that only its owner reads, whole or not at all.
fn write_json(path: &Path, value: &impl Serialize) -> Result<(), BackupError> {
    let fault = |error: std::io::Error| BackupError::file(path, &error);
    let mut text = serde_json::to_string_pretty(value).map_err(|error| fault(error.into()))?;
    text.push('\n');
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".partial");
    let temporary = PathBuf::from(temporary);
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary).map_err(fault)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fault)?;
    fs::rename(&temporary, path).map_err(fault)?;
    path.parent().map_or(Ok(()), sync)
}

/// Has the disk remember what a directory holds.
pub(crate) fn sync(directory: &Path) -> Result<(), BackupError> {
    File::open(directory).and_then(|it| it.sync_all()).map_err(|error| BackupError::file(directory, &error))
}

/// The size and the SHA-256 of a file.
pub(crate) fn fingerprint(path: &Path) -> Result<(u64, String), BackupError> {
    let fault = |error| BackupError::file(path, &error);
    let mut file = File::open(path).map_err(fault)?;
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut chunk = vec![0; CHUNK_SIZE];
    loop {
        let read = file.read(&mut chunk).map_err(fault)?;
        if read == 0 {
            return Ok((size, hexadecimal(&hash.finalize())));
        }
        hash.update(&chunk[..read]);
        size += read as u64;
    }
}
