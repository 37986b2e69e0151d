//! A SQLite file is copied by `vacuum into`, which reads one snapshot and waits for nobody.

use std::fs;
use std::path::Path;
use std::time::Duration;

use partbook_database::{Connection, DatabaseUrl, Error};

use super::Copied;
use crate::content::{self, Content};
use crate::error::BackupError;
use crate::kind::DatabaseKind;
use crate::store::create_private;

/// How often it is looked whether the copying has begun.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);

/// Copies a file, and reads what is in it, both from one snapshot. Writers wait until both have begun to read, which takes
/// milliseconds: the copy of a small file is complete by then, and that of a large one has written its first page.
pub(super) async fn copy(url: &DatabaseUrl, to: &Path) -> Result<Copied, BackupError> {
    check_file(url)?;
    create_private(to)?;
    let mut writer = Connection::open(url).await?;
    let (mut reader, mut vacuum) = (Connection::open(url).await?, Connection::open(url).await?);
    writer.execute("begin immediate").await?;
    reader.execute("begin; select 1 from sqlite_schema").await?;
    let statement = format!("vacuum into '{}'", to.display().to_string().replace('\'', "''"));
    let copying = tokio::spawn(async move {
        let done = vacuum.execute(&statement).await;
        vacuum.close().await?;
        done
    });
    while !copying.is_finished() && fs::metadata(to).is_ok_and(|file| file.len() == 0) {
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    writer.execute("rollback").await?;
    writer.close().await?;
    let content = content::read(&mut reader, DatabaseKind::Sqlite).await?;
    let version = version(&mut reader).await?;
    let journal_mode = reader.text_value("pragma journal_mode").await?;
    reader.close().await?;
    copying.await.map_err(|error| BackupError::Database(format!("the copy was cut off: {error}")))??;
    Ok(Copied { content, server_version: version.clone(), client_version: version, definition: None, journal_mode })
}

/// What is in a file, after a look that its pages are in order.
pub(super) async fn content(url: &DatabaseUrl) -> Result<Content, BackupError> {
    check_file(url)?;
    let mut connection = Connection::open(url).await?;
    let first = connection.text_value("pragma integrity_check(1)").await?.unwrap_or_default();
    if first != "ok" {
        return Err(BackupError::Broken(format!("{url} is damaged: {}", first.replace('\n', " "))));
    }
    connection.execute("begin").await?;
    let content = content::read(&mut connection, DatabaseKind::Sqlite).await?;
    connection.close().await?;
    Ok(content)
}

/// Refuses a file that is not there: a connection would create it.
fn check_file(url: &DatabaseUrl) -> Result<(), BackupError> {
    match url.file() {
        Some(file) if !file.exists() => Err(BackupError::Refused(format!("{url} does not exist"))),
        _ => Ok(()),
    }
}

pub(crate) async fn version(connection: &mut Connection) -> Result<String, Error> {
    Ok(connection.text_value("select sqlite_version()").await?.unwrap_or_default())
}
