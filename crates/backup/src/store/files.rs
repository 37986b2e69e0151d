//! Files that only their owner reads.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::content::hexadecimal;
use crate::error::BackupError;

/// How much of a file is read at once, bytes.
const CHUNK_SIZE: usize = 1024 * 1024;

/// Makes a file that only its owner reads.
pub(crate) fn create_private(path: &Path) -> Result<File, BackupError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    opened.map_err(|error| BackupError::file(path, &error))
}

/// Writes a file that only its owner reads, whole or not at all: first beside, as `temporary`.
pub(super) fn write_json(path: &Path, temporary: &Path, value: &impl Serialize) -> Result<(), BackupError> {
    let fault = |error: std::io::Error| BackupError::file(path, &error);
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(temporary).map_err(fault)?;
    file.write_all(json(value)?.as_bytes()).and_then(|()| file.sync_all()).map_err(fault)?;
    fs::rename(temporary, path).map_err(fault)?;
    path.parent().map_or(Ok(()), sync)
}

/// A value as it is written.
pub(super) fn json(value: &impl Serialize) -> Result<String, BackupError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| BackupError::Files(error.to_string()))?;
    Ok(text + "\n")
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
