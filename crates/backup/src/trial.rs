//! A backup that was restored for a look, in a place of its own.

use std::fs;
use std::path::Path;

use partbook_database::DatabaseUrl;

use crate::engine::{ScratchDatabase, restore_into};
use crate::error::BackupError;
use crate::kind::DatabaseKind;
use crate::store::{Fetched, Store, Workshop};

/// Where backups are restored for a look.
#[derive(Clone, Copy, Debug)]
pub enum Scratch<'a> {
    /// Beside the live database: a PostgreSQL database of that server, or a file in the store.
    Beside(&'a DatabaseUrl),
    /// On another PostgreSQL server.
    On(&'a DatabaseUrl),
}

/// A scratch database with what a backup holds, which somebody has to [`Self::drop`].
pub(crate) struct Trial {
    url: DatabaseUrl,
    place: Place,
}

enum Place {
    File { _workshop: Workshop },
    Database(ScratchDatabase),
}

impl Trial {
    /// Restores a backup.
    pub(crate) async fn of(store: &Store, fetched: &Fetched, scratch: Scratch<'_>) -> Result<Self, BackupError> {
        match fetched.manifest.kind {
            DatabaseKind::Sqlite => on_sqlite(store, &fetched.path, scratch),
            DatabaseKind::Postgres => on_postgres(fetched, scratch).await,
        }
    }

    /// The scratch database.
    pub(crate) fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Takes it away.
    pub(crate) async fn drop(self) -> Result<(), BackupError> {
        match self.place {
            // It goes with its workshop.
            Place::File { .. } => Ok(()),
            Place::Database(database) => database.drop().await,
        }
    }
}

fn on_sqlite(store: &Store, path: &Path, scratch: Scratch<'_>) -> Result<Trial, BackupError> {
    let (Scratch::Beside(url) | Scratch::On(url)) = scratch;
    let workshop = store.workshop()?;
    // In a directory of its own: that of the workshop is locked, as a runner of migrations locks that of its file.
    let directory = workshop.path().join("scratch");
    fs::create_dir(&directory).map_err(|error| BackupError::file(&directory, &error))?;
    let file = directory.join("scratch.db");
    fs::copy(path, &file).map_err(|error| BackupError::file(&file, &error))?;
    Ok(Trial { url: sqlite_url(url, &file)?, place: Place::File { _workshop: workshop } })
}

async fn on_postgres(fetched: &Fetched, scratch: Scratch<'_>) -> Result<Trial, BackupError> {
    let (Scratch::Beside(server) | Scratch::On(server)) = scratch;
    let database = ScratchDatabase::create(server).await.map_err(|error| match error {
        BackupError::Refused(reason) => BackupError::Refused(format!(
            "{reason}, so that the backup cannot be restored for a look: --verify-url names a server where that is possible"
        )),
        error => error,
    })?;
    if let Err(error) = restore_into(&database.url, &fetched.path, &fetched.manifest.client_version, false).await {
        database.drop().await?;
        // Where the program is the wrong one, nothing is known of the backup.
        return Err(match error {
            BackupError::Program(text) if text.starts_with("pg_dump of version") => BackupError::Refused(text),
            error => BackupError::Broken(format!("the backup cannot be restored: {error}")),
        });
    }
    Ok(Trial { url: database.url.clone(), place: Place::Database(database) })
}

/// A SQLite file as a database.
fn sqlite_url(live: &DatabaseUrl, file: &Path) -> Result<DatabaseUrl, BackupError> {
    let text = file.to_str().ok_or_else(|| BackupError::Files(format!("{} is not UTF-8", file.display())))?;
    if live.file().is_some() {
        return Ok(live.with_name(text));
    }
    DatabaseUrl::parse(&format!("sqlite://{text}")).map_err(|error| BackupError::Files(error.to_string()))
}
