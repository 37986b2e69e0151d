//! What runs have left that were killed.

use partbook_database::{Connection, DatabaseUrl};

use crate::engine::{self, Beside, drop_database, drop_left, replaced};
use crate::error::BackupError;
use crate::kind::DatabaseKind;
use crate::store::Store;

/// Removes what runs have left that were killed: files in the store, uploads in parts, files beside a database and databases beside
/// it. Says what. What is certainly nobody's goes; a database that a restore has replaced and that became no backup stays, and is
/// told.
///
/// # Errors
/// The store or the database does not answer.
pub async fn sweep(url: &DatabaseUrl, store: &Store) -> Result<Vec<String>, BackupError> {
    let mut swept = store.sweep().await?;
    swept.extend(sweep_beside(url, store).await?);
    Ok(swept)
}

/// The same of what lies beside a database alone.
pub(crate) async fn sweep_beside(url: &DatabaseUrl, store: &Store) -> Result<Vec<String>, BackupError> {
    if engine::kind(url) == DatabaseKind::Sqlite {
        let live = url.file().map(|file| std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()));
        let swept = live.and_then(|live| Beside::sweep(&live));
        return Ok(swept.into_iter().map(|path| path.display().to_string()).collect());
    }
    // The database itself may be gone.
    let mut session = match Connection::open(url).await {
        Ok(session) => session,
        Err(error) => Connection::open(&url.with_name("postgres")).await.map_err(|_| error)?,
    };
    let mut swept = drop_left(&mut session).await?;
    for name in replaced(&mut session).await? {
        if is_kept(store, &name).await? {
            drop_database(&mut session, &name).await?;
            swept.push(name);
        } else {
            tracing::warn!(
                database = name,
                "a restore was cut off before what it had replaced became a backup: it is this database. To keep it, run `partbook \
                 backup create` with its name in DATABASE_URL; the next run then drops it. To go back, stop the service, and rename \
                 both: `alter database … rename to …`"
            );
        }
    }
    session.close().await?;
    Ok(swept)
}

/// Whether a verified backup was made of a database that was replaced.
async fn is_kept(store: &Store, name: &str) -> Result<bool, BackupError> {
    let backups = store.list().await?;
    Ok(backups.iter().any(|backup| backup.manifest.verified.is_some() && backup.manifest.copied_from() == name))
}
