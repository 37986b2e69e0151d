//! A bucket, held in memory.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use object_store::memory::InMemory;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as ObjectPath;
use object_store::{Error, MultipartId, ObjectStore, ObjectStoreExt as _, PutPayload, PutResult, Result};
use partbook_domain::Timestamp;

use super::bucket::Bucket;
use super::files::fingerprint;
use super::upload::{Note, PART_SIZE, Worker};
use super::{Kind, Location, Store, Workshop};
use crate::content::Content;
use crate::kind::DatabaseKind;
use crate::manifest::{FORMAT, Manifest};

/// Takes parts up to a number of them, and counts what is aborted.
struct Parts {
    memory: Arc<InMemory>,
    good: usize,
    taken: AtomicUsize,
    aborted: AtomicUsize,
}

#[async_trait]
impl MultipartStore for Parts {
    async fn create_multipart(&self, path: &ObjectPath) -> Result<MultipartId> {
        self.memory.create_multipart(path).await
    }

    async fn put_part(&self, path: &ObjectPath, id: &MultipartId, number: usize, data: PutPayload) -> Result<PartId> {
        if self.taken.fetch_add(1, Ordering::SeqCst) >= self.good {
            return Err(Error::Generic { store: "memory", source: "http://store.example/?sig=secret".into() });
        }
        assert!(data.content_length() as u64 <= PART_SIZE);
        self.memory.put_part(path, id, number, data).await
    }

    async fn complete_multipart(&self, path: &ObjectPath, id: &MultipartId, parts: Vec<PartId>) -> Result<PutResult> {
        self.memory.complete_multipart(path, id, parts).await
    }

    async fn abort_multipart(&self, path: &ObjectPath, id: &MultipartId) -> Result<()> {
        self.aborted.fetch_add(1, Ordering::SeqCst);
        self.memory.abort_multipart(path, id).await
    }
}

/// A bucket that takes a number of parts, and a file to put into it.
struct Stage {
    store: Store,
    bucket: Bucket,
    memory: Arc<InMemory>,
    parts: Arc<Parts>,
    workshop: Workshop,
    _directory: tempfile::TempDir,
}

impl Stage {
    fn new(good: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let workshop = Workshop::open_in(directory.path()).unwrap();
        let memory = Arc::new(InMemory::new());
        let (taken, aborted) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let parts = Arc::new(Parts { memory: Arc::clone(&memory), good, taken, aborted });
        let Ok(Location::Bucket(location)) = Location::parse(OsStr::new("s3://bucket/a/prefix")) else { panic!() };
        let client = (Arc::clone(&memory) as Arc<dyn ObjectStore>, Arc::clone(&parts) as Arc<dyn MultipartStore>);
        let bucket = Bucket::with_client(&location, client);
        Self { store: Store(Kind::Bucket(bucket.clone())), bucket, memory, parts, workshop, _directory: directory }
    }

    /// A finished file of a size in the workshop, and its manifest.
    fn file(&self, size: u64) -> (PathBuf, Manifest) {
        let path = self.workshop.path().join("catalog-20261128T020000000Z.db");
        fs::write(&path, (0..size).map(|at| (at % 251) as u8).collect::<Vec<_>>()).unwrap();
        let (size, sha256) = fingerprint(&path).unwrap();
        let at = "2026-11-28T02:00:00.000000Z".to_owned();
        let manifest = Manifest {
            format: FORMAT,
            file: "catalog-20261128T020000000Z.db".to_owned(),
            size,
            sha256,
            database: "sqlite:///catalog.db".to_owned(),
            name: "catalog.db".to_owned(),
            kind: DatabaseKind::Sqlite,
            server_version: String::new(),
            client_version: String::new(),
            schema_version: None,
            reason: "by hand".to_owned(),
            tool: String::new(),
            taken_at: at.clone(),
            milliseconds: 0,
            expires_at: at,
            definition: None,
            journal_mode: None,
            copied_from: None,
            content: Content { tables: BTreeMap::new(), schema_sha256: String::new() },
            verified: None,
        };
        (path, manifest)
    }

    async fn names(&self) -> Vec<String> {
        let prefix = ObjectPath::from("a/prefix");
        let listed = self.memory.list_with_delimiter(Some(&prefix)).await.unwrap().objects;
        listed.into_iter().map(|object| object.location.filename().unwrap().to_owned()).collect()
    }

    /// What a killed run leaves: its note, with an upload in parts and the file where that came so far.
    async fn leave(&self, worker: Worker) {
        let target = ObjectPath::from("a/prefix/catalog-20261128T020000000Z.db");
        let upload = self.memory.create_multipart(&target).await.unwrap();
        self.memory.put(&target, "half".into()).await.unwrap();
        let note = serde_json::to_vec(&Note { upload: Some(upload), worker }).unwrap();
        self.memory.put(&ObjectPath::from(format!("{target}.uploading")), note.into()).await.unwrap();
    }
}

#[tokio::test]
async fn a_file_is_sent_and_fetched_in_parts_and_is_a_backup_with_its_manifest() {
    for size in [0, 5, PART_SIZE, PART_SIZE + 1, 2 * PART_SIZE + 7] {
        let stage = Stage::new(usize::MAX);
        let (path, manifest) = stage.file(size);
        let backup = stage.store.keep(&stage.workshop, &path, &manifest).await.unwrap();
        assert_eq!(backup.place.to_string(), "s3://bucket/a/prefix/catalog-20261128T020000000Z.db");
        assert_eq!(stage.names().await, [manifest.file.clone(), format!("{}.json", manifest.file)]);
        assert_eq!(stage.store.list().await.unwrap(), std::slice::from_ref(&backup));
        let fetched = stage.store.fetch(&backup).await.unwrap();
        assert_eq!(fs::read(&fetched.path).unwrap(), fs::read(&path).unwrap());
        let parts = if size <= PART_SIZE { 0 } else { size.div_ceil(PART_SIZE) };
        assert_eq!(stage.parts.taken.load(Ordering::SeqCst) as u64, parts);
        stage.store.delete(&backup).await.unwrap();
        assert_eq!(stage.names().await, [] as [&str; 0]);
    }
}

#[tokio::test]
async fn of_an_upload_that_fails_nothing_is_left_and_no_secret_told() {
    let stage = Stage::new(1);
    let (path, manifest) = stage.file(2 * PART_SIZE);
    let failed = stage.store.keep(&stage.workshop, &path, &manifest).await.unwrap_err().to_string();
    assert!(failed.starts_with("s3://bucket/a/prefix: ") && !failed.contains("sig"), "{failed}");
    assert_eq!(stage.parts.aborted.load(Ordering::SeqCst), 1);
    assert_eq!(stage.names().await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_file_without_its_manifest_is_no_backup_and_a_changed_one_is_refused() {
    let stage = Stage::new(usize::MAX);
    let (path, manifest) = stage.file(100);
    let backup = stage.store.keep(&stage.workshop, &path, &manifest).await.unwrap();
    let object = ObjectPath::from("a/prefix/catalog-20261128T020000000Z.db");
    for (bytes, words) in [(&[1; 100][..], "a part of it was changed"), (&[1; 99], "it was cut off")] {
        stage.memory.put(&object, bytes.to_vec().into()).await.unwrap();
        let refused = stage.store.fetch(&backup).await.unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
    stage.memory.delete(&ObjectPath::from(format!("{object}.json"))).await.unwrap();
    assert_eq!(stage.store.list().await.unwrap(), []);
    let missing = stage.store.find("catalog-20261128T020000000Z.db".as_ref()).await.unwrap_err().to_string();
    assert!(missing.contains("there is no backup"), "{missing}");
}

#[tokio::test]
async fn what_a_dead_run_left_is_swept_and_what_a_living_one_does_is_not() {
    let stage = Stage::new(usize::MAX);
    let now = Timestamp::parse("2100-01-01T00:00:00Z").unwrap();
    let killed = Workshop::open_in(stage.workshop.path()).unwrap();
    let (dead, living) = (Worker::in_workshop(killed.path()), Worker::in_workshop(stage.workshop.path()));
    drop(killed);
    let before = || Timestamp::parse("2000-01-01T00:00:00Z").unwrap();
    // By the machine that it was on, at once; of another one, when its note is old.
    for (worker, at, is_swept) in [
        (dead, before(), true),
        (living, before(), false),
        (Worker::default(), before(), false),
        (Worker::default(), now, true),
    ] {
        stage.leave(worker).await;
        assert_eq!(stage.bucket.sweep(at).await.unwrap().len(), usize::from(is_swept));
        assert_eq!(stage.names().await.is_empty(), is_swept);
    }
    assert_eq!(stage.parts.aborted.load(Ordering::SeqCst), 2);
    // Killed after its manifest: it is a backup, and stays.
    let (path, manifest) = stage.file(10);
    let backup = stage.store.keep(&stage.workshop, &path, &manifest).await.unwrap();
    let note = serde_json::to_vec(&Note::default()).unwrap();
    stage.memory.put(&ObjectPath::from(format!("a/prefix/{}.uploading", manifest.file)), note.into()).await.unwrap();
    stage.bucket.sweep(now).await.unwrap();
    assert_eq!(stage.store.list().await.unwrap(), [backup]);
    assert_eq!(stage.names().await.len(), 2);
}
