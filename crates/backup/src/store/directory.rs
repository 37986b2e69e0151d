//! Backups in a directory of this machine: files that nobody else reads, each with its manifest beside it.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::files::{sync, write_json};
use super::read::{self, LAST_ATTEMPT, described_by, manifest_name};
use super::workshop::Workshop;
use crate::error::BackupError;
use crate::manifest::{Attempt, Manifest};

#[derive(Clone, Debug)]
pub(super) struct Directory(pub(super) PathBuf);

impl Directory {
    fn fault(&self, error: &std::io::Error) -> BackupError {
        BackupError::file(&self.0, error)
    }

    /// Makes the directory where it is missing, and keeps others out of it.
    pub(super) fn prepare(&self) -> Result<Workshop, BackupError> {
        if !self.0.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(|error| self.fault(&error))?;
        }
        let mode = fs::metadata(&self.0).map_err(|error| self.fault(&error))?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(
                directory = %self.0.display(),
                "others may look into the directory of the backups; `chmod 700` keeps them out"
            );
        }
        Workshop::open_in(&self.0)
    }

    /// The files that have a manifest of a plain name, whether they are there or not.
    pub(super) fn described(&self) -> Result<Vec<String>, BackupError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.fault(&error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let name = entry.map_err(|error| self.fault(&error))?.file_name();
            files.extend(name.to_str().and_then(described_by).map(str::to_owned));
        }
        Ok(files)
    }

    pub(super) fn has(&self, file: &str) -> bool {
        self.0.join(file).is_file()
    }

    /// The manifest of a file.
    pub(super) fn manifest(&self, file: &str) -> Result<Manifest, BackupError> {
        manifest_at(&self.0.join(manifest_name(file)))
    }

    /// Puts a finished file in its place, and then its manifest, with which it is a backup.
    pub(super) fn keep(&self, workshop: &Workshop, finished: &Path, manifest: &Manifest) -> Result<(), BackupError> {
        let path = self.0.join(&manifest.file);
        fs::set_permissions(finished, fs::Permissions::from_mode(0o600))
            .and_then(|()| File::open(finished)?.sync_all())
            .map_err(|error| BackupError::file(finished, &error))?;
        workshop.note_entering(&manifest.file)?;
        fs::rename(finished, &path).map_err(|error| BackupError::file(&path, &error))?;
        sync(&self.0)?;
        self.write_manifest(workshop, manifest)
    }

    pub(super) fn write_manifest(&self, workshop: &Workshop, manifest: &Manifest) -> Result<(), BackupError> {
        self.write(workshop, &manifest_name(&manifest.file), manifest)
    }

    fn write(&self, workshop: &Workshop, name: &str, value: &impl serde::Serialize) -> Result<(), BackupError> {
        write_json(&self.0.join(name), &workshop.path().join(name), value)
    }

    pub(super) fn delete(&self, file: &str) -> Result<(), BackupError> {
        for path in [self.0.join(file), self.0.join(manifest_name(file))] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(BackupError::file(&path, &error)),
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn last_attempt(&self) -> Result<Option<Attempt>, BackupError> {
        let path = self.0.join(LAST_ATTEMPT);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BackupError::file(&path, &error)),
        };
        let attempt = serde_json::from_slice(&text);
        attempt.map(Some).map_err(|error| BackupError::Files(format!("{}: {error}", path.display())))
    }

    pub(super) fn note_attempt(&self, workshop: &Workshop, attempt: &Attempt) -> Result<(), BackupError> {
        self.write(workshop, LAST_ATTEMPT, attempt)
    }

    /// Removes what runs have left that were killed; says what.
    pub(super) fn sweep(&self) -> Result<Vec<String>, BackupError> {
        let mut swept = Vec::new();
        for workshop in Workshop::abandoned(&self.0) {
            let entered = workshop.entering().filter(|file| read::is_plain(file));
            if let Some(file) = entered.filter(|file| !self.0.join(manifest_name(file)).exists()) {
                self.delete(&file)?;
            }
            swept.push(workshop.path().display().to_string());
        }
        Ok(swept)
    }
}

/// The manifest at a path.
pub(super) fn manifest_at(path: &Path) -> Result<Manifest, BackupError> {
    let fault = |what: String| BackupError::Files(format!("{}: {what}", path.display()));
    let text = fs::read(path).map_err(|error| fault(error.to_string()))?;
    read::manifest(&text).map_err(fault)
}
