//! A file becomes an object: at once, or in parts where it is large. What is under way is noted in an object of its own, so that a
//! later run can clear up after one that was killed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as ObjectPath;
use object_store::{Error, ObjectStore, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::workshop::Workshop;

/// The size of the parts, bytes; also how much of a file is in memory at once. Stores take none below 5 MiB but the last.
pub(super) const PART_SIZE: u64 = 8 * 1024 * 1024;

/// How many parts stores take; those of a larger file are larger.
const MAX_PARTS: u64 = 10_000;

/// How often the note is renewed while parts are sent.
const NOTE_INTERVAL: Duration = Duration::from_mins(1);

/// A note that was not renewed for as long is of a run that is dead, wherever it was: no request takes as long, with all retries.
pub(super) const MAX_NOTE_AGE: Duration = Duration::from_hours(1);

/// What is noted of an upload that is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// The number of the upload in parts, where it is one.
    pub(super) upload: Option<String>,
    /// Who is at it.
    pub(super) worker: Worker,
}

/// A run: which machine since which start, which view of its files, and which workshop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Worker {
    machine: String,
    files: String,
    workshop: PathBuf,
}

impl Worker {
    pub(super) fn in_workshop(workshop: &Path) -> Self {
        let machine = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned();
        let files = std::fs::read_link("/proc/self/ns/mnt").unwrap_or_default().display().to_string();
        Self { machine, files, workshop: workshop.to_owned() }
    }

    /// Whether it is certainly dead: it was on this machine, where its workshop can be looked at, and nobody holds that.
    pub(super) fn is_dead(&self) -> bool {
        let here = Self::in_workshop(&self.workshop);
        !self.machine.is_empty() && !self.files.is_empty() && *self == here && !Workshop::is_held(&self.workshop)
    }
}

/// How large the parts of a file are, in whole MiB.
pub(super) fn part_size(size: u64) -> u64 {
    let mebibyte = 1024 * 1024;
    PART_SIZE.max(size.div_ceil(MAX_PARTS).div_ceil(mebibyte) * mebibyte)
}

/// An upload of a file.
pub(super) struct Upload<'a> {
    pub(super) objects: &'a dyn ObjectStore,
    pub(super) parts: &'a dyn MultipartStore,
    pub(super) target: &'a ObjectPath,
    pub(super) note: &'a ObjectPath,
    pub(super) worker: Worker,
}

/// Why an upload failed.
#[derive(Debug)]
pub(super) enum UploadError {
    Store(Error),
    File(std::io::Error),
}

impl From<Error> for UploadError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<std::io::Error> for UploadError {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

impl Upload<'_> {
    /// Sends a file of a size. Of one that fails no part is left.
    pub(super) async fn send(&self, path: &Path, size: u64) -> Result<(), UploadError> {
        let mut file = File::open(path).await?;
        self.write_note(None).await?;
        if size <= PART_SIZE {
            let bytes = chunk(&mut file, size).await?;
            self.objects.put(self.target, bytes.into()).await?;
            return Ok(());
        }
        let upload = self.parts.create_multipart(self.target).await?;
        let sent = self.send_parts(&mut file, size, &upload).await;
        if sent.is_err() {
            let _ = self.parts.abort_multipart(self.target, &upload).await;
        }
        sent
    }

    async fn send_parts(&self, file: &mut File, size: u64, upload: &String) -> Result<(), UploadError> {
        self.write_note(Some(upload)).await?;
        let mut noted = Instant::now();
        let part_size = part_size(size);
        let mut parts: Vec<PartId> = Vec::new();
        let mut sent = 0;
        while sent < size {
            if noted.elapsed() > NOTE_INTERVAL {
                self.write_note(Some(upload)).await?;
                noted = Instant::now();
            }
            let bytes = chunk(file, part_size.min(size - sent)).await?;
            sent += bytes.len() as u64;
            parts.push(self.parts.put_part(self.target, upload, parts.len(), bytes.into()).await?);
        }
        self.parts.complete_multipart(self.target, upload, parts).await?;
        Ok(())
    }

    async fn write_note(&self, upload: Option<&String>) -> Result<(), UploadError> {
        let note = Note { upload: upload.cloned(), worker: self.worker.clone() };
        let text = serde_json::to_vec(&note).map_err(std::io::Error::from)?;
        self.objects.put(self.note, text.into()).await?;
        Ok(())
    }
}

/// As much of a file; one that has become shorter is not sent.
async fn chunk(file: &mut File, size: u64) -> Result<Vec<u8>, std::io::Error> {
    let mut bytes = vec![0; usize::try_from(size).map_err(std::io::Error::other)?];
    file.read_exact(&mut bytes).await?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_large_file_are_larger() {
        const GIB: u64 = 1024 * 1024 * 1024;
        assert_eq!(part_size(1), PART_SIZE);
        assert_eq!(part_size(78 * GIB), PART_SIZE);
        for size in [79 * GIB, 500 * GIB, 5 * 1024 * GIB] {
            assert!(size.div_ceil(part_size(size)) <= MAX_PARTS && part_size(size).is_multiple_of(1024 * 1024));
        }
    }

    #[test]
    fn only_a_worker_of_this_machine_is_known_to_be_dead() {
        let base = tempfile::tempdir().unwrap();
        let workshop = Workshop::open_in(base.path()).unwrap();
        let worker = Worker::in_workshop(workshop.path());
        assert!(!worker.is_dead());
        drop(workshop);
        assert!(worker.is_dead());
        for elsewhere in [
            Worker { machine: "another".to_owned(), ..worker.clone() },
            Worker { files: "another".to_owned(), ..worker.clone() },
            Worker { machine: String::new(), ..worker },
        ] {
            assert!(!elsewhere.is_dead());
        }
    }
}
