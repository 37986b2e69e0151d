//! Where a run keeps what is half-done: a directory of its own, which it holds a lock on and removes at its end. One that nobody
//! holds was left by a run that was killed.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::error::BackupError;

/// What the names of these directories begin with.
const PREFIX: &str = ".partbook-";

/// The file that names what is being entered into the directory around it.
const ENTERING: &str = "entering";

/// How many names are tried; each is taken by a living run or left by a dead one.
const MAX_NAMES: u32 = 10_000;

/// A directory of this run's own, which goes with the value.
#[derive(Debug)]
pub(crate) struct Workshop {
    directory: PathBuf,
    lock: File,
}

impl Workshop {
    /// Makes one in a directory.
    pub(crate) fn open_in(base: &Path) -> Result<Self, BackupError> {
        for number in 0..MAX_NAMES {
            let directory = base.join(format!("{PREFIX}{}-{number}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&directory) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(BackupError::file(base, &error)),
            }
            // Somebody who clears up may have taken it for left, and removes it.
            if let Some(workshop) = Self::take_over(&directory)? {
                return Ok(workshop);
            }
        }
        Err(BackupError::Files(format!("{} is full of {PREFIX}…; remove them", base.display())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.directory
    }

    /// Notes the file that is about to be moved out, so that it can be removed where that is cut off.
    pub(super) fn note_entering(&self, file: &str) -> Result<(), BackupError> {
        let path = self.directory.join(ENTERING);
        fs::write(&path, file).map_err(|error| BackupError::file(&path, &error))
    }

    pub(super) fn entering(&self) -> Option<String> {
        fs::read_to_string(self.directory.join(ENTERING)).ok()
    }

    /// Those in a directory that runs have left that were killed; they go with the values.
    pub(super) fn abandoned(base: &Path) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(base) else { return Vec::new() };
        // Others use a directory for temporary files, too: what is not our own is none of ours.
        let Ok(own) = Self::open_in(base).and_then(|own| {
            let metadata = own.lock.metadata();
            metadata.map_err(|error| BackupError::file(base, &error))
        }) else {
            return Vec::new();
        };
        let mut abandoned = Vec::new();
        for entry in entries.filter_map(Result::ok) {
            let is_one = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX))
                && entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == own.uid());
            if is_one && let Ok(Some(workshop)) = Self::take_over(&entry.path()) {
                abandoned.push(workshop);
            }
        }
        abandoned
    }

    /// Whether a living run holds the directory of this path.
    pub(super) fn is_held(directory: &Path) -> bool {
        let is_one = directory.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(PREFIX));
        is_one && File::open(directory).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// Takes the lock of a directory, where nobody has it.
    fn take_over(directory: &Path) -> Result<Option<Self>, BackupError> {
        let Ok(lock) = File::open(directory) else { return Ok(None) };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                let _ = fs::remove_dir(directory);
                return Err(BackupError::Files(format!(
                    "{}: its file system has no locks, so that nobody can tell a run that works from one that was killed: {error}",
                    directory.display()
                )));
            }
        }
        // It may have been removed between the two.
        let (Ok(locked), Ok(there)) = (lock.metadata(), fs::metadata(directory)) else { return Ok(None) };
        if (locked.dev(), locked.ino()) != (there.dev(), there.ino()) {
            return Ok(None);
        }
        Ok(Some(Self { directory: directory.to_owned(), lock }))
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // What cannot be removed now is removed by a later run.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_holds_is_abandoned() {
        let base = tempfile::tempdir().unwrap();
        let held = Workshop::open_in(base.path()).unwrap();
        assert!(Workshop::is_held(held.path()));
        let left = base.path().join(".partbook-1-0");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("half"), "x").unwrap();
        fs::create_dir(base.path().join("other")).unwrap();
        let abandoned = Workshop::abandoned(base.path());
        assert_eq!(abandoned.iter().map(Workshop::path).collect::<Vec<_>>(), [left.as_path()]);
        drop(abandoned);
        assert!(!left.exists() && held.path().exists() && base.path().join("other").exists());
        let path = held.path().to_owned();
        drop(held);
        assert!(!path.exists() && !Workshop::is_held(&path));
    }
}
