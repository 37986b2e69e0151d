//! A PostgreSQL database is copied by `pg_dump`, in a snapshot that is exported to it, and made again by `pg_restore`.

use std::ffi::OsString;
use std::path::Path;

use partbook_database::{Connection, DatabaseUrl};

use super::Copied;
use super::programs::Programs;
use crate::content::{self, Content, sha256};
use crate::error::BackupError;
use crate::kind::DatabaseKind;

/// A transaction that sees one snapshot for as long as it takes.
const BEGIN: &str = "begin isolation level repeatable read read only; set local statement_timeout = 0; \
                     set local idle_in_transaction_session_timeout = 0";

/// What definitions are compared without: who owns them, and who may use them.
const DEFINITIONS: [&str; 3] = ["--schema-only", "--no-owner", "--no-privileges"];

/// Dumps a database, and reads what is in it, both from one snapshot.
pub(super) async fn copy(url: &DatabaseUrl, to: &Path) -> Result<Copied, BackupError> {
    let mut session = Connection::open(url).await?;
    let server_version = server_version(&mut session).await?;
    let programs = Programs::find(&server_version).await?;
    session.execute(BEGIN).await?;
    let snapshot = format!("--snapshot={}", one(&mut session, "select pg_export_snapshot()").await?);
    let mut file = OsString::from("--file=");
    file.push(to);
    let arguments = [OsString::from("--format=custom"), OsString::from(&snapshot), file];
    let dump = programs.run("pg_dump", url, &arguments);
    let read = content::read(&mut session, DatabaseKind::Postgres);
    let (dumped, content) = tokio::join!(dump, read);
    dumped?;
    let mut content = content?;
    content.schema_sha256 = definitions(&programs, url, Some(&snapshot)).await?;
    session.close().await?;
    Ok(Copied { content, server_version, client_version: programs.version })
}

/// What is in a database now.
pub(super) async fn content(url: &DatabaseUrl) -> Result<Content, BackupError> {
    let mut session = Connection::open(url).await?;
    let programs = Programs::find(&server_version(&mut session).await?).await?;
    session.execute(BEGIN).await?;
    let mut content = content::read(&mut session, DatabaseKind::Postgres).await?;
    content.schema_sha256 = definitions(&programs, url, None).await?;
    session.close().await?;
    Ok(content)
}

/// Makes what was dumped again in an empty database. With `keeps_owners` the owners and rights are those that were dumped.
pub(crate) async fn restore_into(url: &DatabaseUrl, dump: &Path, keeps_owners: bool) -> Result<(), BackupError> {
    let mut session = Connection::open(url).await?;
    let programs = Programs::find(&server_version(&mut session).await?).await?;
    session.close().await?;
    let mut arguments = vec![OsString::from("--exit-on-error"), OsString::from(format!("--dbname={}", url.name()))];
    if !keeps_owners {
        arguments.extend(["--no-owner", "--no-privileges"].map(OsString::from));
    }
    arguments.push(dump.as_os_str().to_owned());
    programs.run("pg_restore", url, &arguments).await.map(drop)
}

/// SHA-256 of all definitions as `pg_dump` writes them, without the lines that differ from run to run.
async fn definitions(programs: &Programs, url: &DatabaseUrl, snapshot: Option<&str>) -> Result<String, BackupError> {
    let arguments: Vec<&str> = DEFINITIONS.into_iter().chain(snapshot).collect();
    let text = programs.run("pg_dump", url, &arguments).await?;
    let text = String::from_utf8_lossy(&text);
    // The key of a restricted session is random; comments name versions.
    let is_kept =
        |line: &&str| !line.starts_with("--") && !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
    Ok(sha256(&text.lines().filter(is_kept).collect::<Vec<_>>().join("\n")))
}

pub(crate) async fn server_version(session: &mut Connection) -> Result<String, BackupError> {
    one(session, "show server_version").await
}

/// The one value of a query.
pub(crate) async fn one(session: &mut Connection, query: &str) -> Result<String, BackupError> {
    let rows = session.text_rows(query).await?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).unwrap_or_default())
}
