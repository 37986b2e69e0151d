//! The new SQLite file that is made beside the live one. Whoever makes it holds a lock on it; one that nobody holds was left by a
//! restore that was killed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::error::BackupError;

/// What SQLite keeps beside a file while it is open.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file in the directory of the live one, so that a rename is enough. It goes with the value, unless it was renamed.
pub(crate) struct Beside {
    path: PathBuf,
    _lock: File,
}

impl Beside {
    /// Makes it, empty.
    pub(crate) fn open(live: &Path) -> Result<Self, BackupError> {
        let path = with_ending(live, ".restoring");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(|error| BackupError::file(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, _lock: file }),
            Err(TryLockError::WouldBlock) => Err(BackupError::Refused(format!(
                "another restore is at work, which makes {}. Nothing was changed",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(BackupError::file(&path, &error)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what a restore has left that was killed; says what.
    pub(crate) fn sweep(live: &Path) -> Option<PathBuf> {
        let path = with_ending(live, ".restoring");
        let lock = File::open(&path).ok()?;
        lock.try_lock().ok()?;
        drop(Self { path: path.clone(), _lock: lock });
        Some(path)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let companions = COMPANIONS.map(|ending| with_ending(&self.path, ending));
        for path in [self.path.clone()].into_iter().chain(companions) {
            // It is not there after a rename.
            let _ = fs::remove_file(path);
        }
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
