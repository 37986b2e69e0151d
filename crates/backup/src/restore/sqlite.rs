//! A SQLite file takes the place of another by a rename.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Instant;

use partbook_database::{Connection, DatabaseUrl, Error};
use partbook_domain::clock::{Clock, SystemClock};

use super::{Survey, execute};
use crate::content::{self, Content};
use crate::create::{Request, enter, file_name, schema_version};
use crate::engine::{self, Beside, Copied};
use crate::error::BackupError;
use crate::kind::DatabaseKind;
use crate::manifest::Manifest;
use crate::progress::told;
use crate::store::{Backup, Fetched, sync};
use crate::verify::{compare, verify};

/// What the file begins with that was replaced: SQLite takes it for no database.
const NO_DATABASE: &[u8; 16] = b"replaced by a re";

/// What is in the place that a restore is meant for.
pub(super) async fn survey(url: &DatabaseUrl, manifest: &Manifest) -> Result<Survey, BackupError> {
    let replaces = url.file().is_some_and(Path::exists);
    let is_same = engine::known_as(url) == manifest.database;
    Ok(Survey { replaces, connected: connected(url).await?, is_same })
}

/// Who has the file open, as far as SQLite tells: only that somebody has.
async fn connected(url: &DatabaseUrl) -> Result<Vec<String>, BackupError> {
    if !url.file().is_some_and(Path::exists) {
        return Ok(Vec::new());
    }
    Ok(match Live::open(url).await? {
        Live::Alone { mut session, had_log } => {
            if had_log {
                // As it was: this was only a look.
                session.text_rows("pragma journal_mode = wal").await?;
            }
            session.close().await?;
            Vec::new()
        }
        Live::Unreadable(_) => Vec::new(),
        Live::InUse => vec!["another program that has the file open".to_owned()],
    })
}

/// The live file, as it is found.
enum Live {
    /// Nobody else has it open; what was in its write-ahead log is in the file now.
    Alone { session: Connection, had_log: bool },
    /// Somebody else has it open.
    InUse,
    /// SQLite takes it for no database, or cannot read it, for this reason.
    Unreadable(String),
}

impl Live {
    /// Opens it and moves what is in the write-ahead log into the file, which goes only while nobody else has it open. The
    /// service turns the log on again when it starts.
    async fn open(url: &DatabaseUrl) -> Result<Self, BackupError> {
        let opened = async {
            let mut session = Connection::open(url).await?;
            let had_log = session.text_value("pragma journal_mode").await?.as_deref() == Some("wal");
            let mode = session.text_value("pragma journal_mode = delete").await?;
            Ok::<_, Error>((session, had_log, mode.as_deref() == Some("delete")))
        };
        match opened.await {
            Ok((session, had_log, true)) => Ok(Self::Alone { session, had_log }),
            Ok((session, _, false)) => {
                session.close().await?;
                Ok(Self::InUse)
            }
            Err(error) if error.is_contention() => Ok(Self::InUse),
            Err(error) if error.is_reported() => Ok(Self::Unreadable(error.reason())),
            Err(error) => Err(error.into()),
        }
    }
}

/// Puts a backup in the place of the file.
pub(super) async fn restore(request: &Request<'_>, backup: &Fetched) -> Result<Option<Backup>, BackupError> {
    let url = request.url;
    let live = url.file().ok_or_else(|| BackupError::Refused(format!("{url} is no file")))?.to_owned();
    // A link stays one.
    let live = fs::canonicalize(&live).unwrap_or(live);
    check_remains(&live)?;
    let beside = Beside::open(&live)?;
    let new = beside.path();
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |error| BackupError::file(&path, &error)
    };
    fs::copy(&backup.path, new).map_err(fault(new))?;
    prepare(url, &live, new, backup).await?;
    replace(request, &live, new).await
}

/// Looks whether the new file is what it must be, and gives it the owner and the rights of the one that it replaces.
async fn prepare(url: &DatabaseUrl, live: &Path, new: &Path, backup: &Fetched) -> Result<(), BackupError> {
    let fault = |error| BackupError::file(new, &error);
    let text = new.to_str().ok_or_else(|| BackupError::Files(format!("{} is not UTF-8", new.display())))?;
    let made = url.with_name(text);
    compare(&backup.manifest, &told("comparing", None, engine::content(&made)).await?)?;
    if backup.manifest.journal_mode.as_deref() == Some("wal") {
        let mut session = Connection::open(&made).await?;
        session.text_rows("pragma journal_mode = wal").await?;
        session.close().await?;
    }
    if let Ok(metadata) = fs::metadata(live) {
        fs::set_permissions(new, fs::Permissions::from_mode(metadata.mode() & 0o7777)).map_err(fault)?;
        let own = fs::metadata(new).map_err(fault)?;
        if (own.uid(), own.gid()) != (metadata.uid(), metadata.gid()) {
            chown(new, Some(metadata.uid()), Some(metadata.gid())).map_err(fault)?;
        }
    } else {
        fs::set_permissions(new, fs::Permissions::from_mode(0o600)).map_err(fault)?;
    }
    fs::File::open(new).and_then(|file| file.sync_all()).map_err(fault)
}

/// A file that SQLite keeps beside another one.
fn beside(live: &Path, ending: &str) -> PathBuf {
    let mut name = live.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Refuses a place where a log or a journal lies that belongs to a file which is gone: it would be read into the new one.
fn check_remains(live: &Path) -> Result<(), BackupError> {
    if live.exists() {
        return Ok(());
    }
    for ending in ["-wal", "-journal"] {
        let remains = beside(live, ending);
        if remains.exists() {
            return Err(BackupError::Refused(format!(
                "{} is there without its file: it would be read into what is restored. Nothing was changed; move it away",
                remains.display()
            )));
        }
    }
    Ok(())
}

/// Keeps the live file as a backup and puts the new one in its place, while nobody else can open it.
async fn replace(request: &Request<'_>, live: &Path, new: &Path) -> Result<Option<Backup>, BackupError> {
    let mut session = None;
    let mut safety = None;
    let mut replaced = None;
    if live.exists() {
        let in_use = || {
            let text = "another program has opened the file meanwhile. Nothing was changed";
            BackupError::Refused(text.to_owned())
        };
        let mut locked = match Live::open(request.url).await? {
            Live::Alone { session, .. } => Some(session),
            Live::InUse => return Err(in_use()),
            Live::Unreadable(reason) => {
                check_log(live, &reason)?;
                None
            }
        };
        if let Some(locked) = &mut locked {
            execute(locked, "begin exclusive").await?;
            if locked.text_value("pragma journal_mode").await?.as_deref() != Some("delete") {
                return Err(in_use());
            }
        }
        safety = Some(keep(request, locked.as_mut(), live).await?);
        session = locked;
        replaced =
            Some(fs::OpenOptions::new().write(true).open(live).map_err(|error| BackupError::file(live, &error))?);
    }
    fs::rename(new, live).map_err(|error| BackupError::file(live, &error))?;
    sync(live.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    if let Some(mut replaced) = replaced {
        // Whoever has opened the old file meanwhile, and waits, must not go on with it: its log would lie beside the new one.
        replaced.write_all(NO_DATABASE).map_err(|error| BackupError::file(live, &error))?;
    }
    if let Some(session) = session {
        // It finds its own file no more.
        let _ = session.close().await;
    }
    Ok(safety)
}

/// Refuses a file that cannot be read and has a log, which would be read into the new one.
fn check_log(live: &Path, reason: &str) -> Result<(), BackupError> {
    let log = beside(live, "-wal");
    if fs::metadata(&log).is_ok_and(|metadata| metadata.len() > 0) {
        return Err(BackupError::Refused(format!(
            "{} cannot be read ({reason}), and {} may hold what it lacks. Nothing was changed; move both away, then restore",
            live.display(),
            log.display()
        )));
    }
    Ok(())
}

/// Makes a backup of the file that goes. Nobody writes to it now, so that the file itself is copied. One that is damaged, which is why
/// it goes, is kept as it is, and not verified.
async fn keep(request: &Request<'_>, locked: Option<&mut Connection>, live: &Path) -> Result<Backup, BackupError> {
    let Request { url, store, scratch, .. } = request;
    let workshop = store.prepare().await?;
    let (now, since) = (SystemClock.now(), Instant::now());
    let file = file_name(store, url, DatabaseKind::Sqlite, now).await?;
    let partial = workshop.path().join(&file);
    fs::copy(live, &partial).map_err(|error| BackupError::file(&partial, &error))?;
    let (mut version, mut content) = (String::new(), Content::default());
    if let Some(locked) = locked {
        version = engine::sqlite_version(locked).await?;
        content = content::read(locked, DatabaseKind::Sqlite).await.unwrap_or_default();
    }
    // It was in write-ahead mode before it was locked, if it was ever served; the service turns that on again.
    let (definition, journal_mode) = (None, None);
    let copied = Copied { content, server_version: version.clone(), client_version: version, definition, journal_mode };
    let schema_version = schema_version(&url.with_name(partial.to_str().unwrap_or_default())).await;
    let request = Request { reason: "before restore", ..*request };
    let mut backup = enter(&request, &workshop, file, (now, since), copied, schema_version).await?;
    match verify(store, &mut backup, *scratch).await {
        Ok(()) => Ok(backup),
        Err(BackupError::Broken(reason) | BackupError::Database(reason)) => {
            tracing::warn!(reason, file = %backup.manifest.file, "what is replaced is damaged, and kept as it is");
            Ok(backup)
        }
        Err(error) => Err(error),
    }
}
