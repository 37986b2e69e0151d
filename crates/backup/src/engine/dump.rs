//! A PostgreSQL database is copied by `pg_dump`, in a snapshot that is exported to it, and made again by `pg_restore`.

use std::ffi::OsString;
use std::path::Path;

use partbook_database::{Connection, DatabaseUrl};

use super::Copied;
use super::programs::{Programs, major};
use crate::content::{self, Content};
use crate::definition::Definition;
use crate::error::BackupError;
use crate::kind::DatabaseKind;

/// A transaction that sees one snapshot for as long as it takes.
const BEGIN: &str = "begin isolation level repeatable read read only; set local statement_timeout = 0; \
                     set local idle_in_transaction_session_timeout = 0";

/// For how long the dump waits for a table that somebody changes, before it is begun again, milliseconds.
const LOCK_WAIT_TIMEOUT: u32 = 30_000;

/// The version of PostgreSQL from which on `pg_restore` sets `transaction_timeout`.
const TRANSACTION_TIMEOUT_SINCE: u32 = 17;

/// How often it is begun.
const MAX_ATTEMPTS: u32 = 3;

/// Dumps a database, and reads what is in it, both from one snapshot. The one after the other: two sessions that hold locks for
/// each other's sake would wait for each other when a third wants to change a table between them.
pub(super) async fn copy(url: &DatabaseUrl, to: &Path) -> Result<Copied, BackupError> {
    let mut attempt = 1;
    loop {
        match attempt_copy(url, to).await {
            Err(BackupError::Program(reason)) if reason.contains("lock timeout") && attempt < MAX_ATTEMPTS => {
                tracing::warn!(attempt, "somebody changes a table; the dump is begun again");
                attempt += 1;
            }
            copied => return copied,
        }
    }
}

async fn attempt_copy(url: &DatabaseUrl, to: &Path) -> Result<Copied, BackupError> {
    let mut session = Connection::open(url).await?;
    let server_version = server_version(&mut session).await?;
    let programs = Programs::find(&server_version, None).await?;
    session.execute(BEGIN).await?;
    let snapshot = one(&mut session, "select pg_export_snapshot()").await?;
    let mut file = OsString::from("--file=");
    file.push(to);
    let arguments = [
        OsString::from("--format=custom"),
        OsString::from(format!("--snapshot={snapshot}")),
        OsString::from(format!("--lock-wait-timeout={LOCK_WAIT_TIMEOUT}")),
        file,
    ];
    // The snapshot is on that server alone.
    programs.run("pg_dump", &session.place(url), &arguments).await?;
    let content = content::read(&mut session, DatabaseKind::Postgres).await?;
    session.execute("commit").await?;
    let definition = Definition::here(&mut session).await?;
    session.close().await?;
    Ok(Copied { content, server_version, client_version: programs.version, definition, journal_mode: None })
}

/// What is in a database now.
pub(super) async fn content(url: &DatabaseUrl) -> Result<Content, BackupError> {
    let mut session = Connection::open(url).await?;
    session.execute(BEGIN).await?;
    let content = content::read(&mut session, DatabaseKind::Postgres).await?;
    session.close().await?;
    Ok(content)
}

/// Makes what a `pg_dump` of a version has dumped again in an empty database. With `keeps_owners` the owners and rights are those
/// that were dumped.
pub(crate) async fn restore_into(
    url: &DatabaseUrl,
    dump: &Path,
    dumped_by: &str,
    keeps_owners: bool,
) -> Result<(), BackupError> {
    let mut session = Connection::open(url).await?;
    let server_version = server_version(&mut session).await?;
    let programs = Programs::find(&server_version, Some(dumped_by)).await?;
    session.close().await?;
    // One would follow its publisher from here, too, and keep its database from being dropped.
    let mut arguments = vec![OsString::from(format!("--dbname={}", url.name())), OsString::from("--no-subscriptions")];
    // The program of a later version makes a setting before all else that an earlier server does not know.
    let is_ahead =
        major(&programs.version) >= TRANSACTION_TIMEOUT_SINCE && major(&server_version) < TRANSACTION_TIMEOUT_SINCE;
    if !is_ahead {
        arguments.push(OsString::from("--exit-on-error"));
    }
    if !keeps_owners {
        arguments.extend(["--no-owner", "--no-privileges"].map(OsString::from));
    }
    arguments.push(dump.as_os_str().to_owned());
    let unknown = is_ahead.then_some("transaction_timeout");
    programs.run_but_for("pg_restore", url, &arguments, unknown).await.map(drop)
}

pub(crate) async fn server_version(session: &mut Connection) -> Result<String, BackupError> {
    one(session, "show server_version").await
}

/// The one value of a query.
pub(crate) async fn one(session: &mut Connection, query: &str) -> Result<String, BackupError> {
    Ok(session.text_value(query).await?.unwrap_or_default())
}

/// Refuses a role that may not create a database.
pub(crate) async fn may_create(session: &mut Connection) -> Result<(), BackupError> {
    match one(session, "select (rolcreatedb or rolsuper)::text from pg_roles where rolname = current_user")
        .await?
        .as_str()
    {
        "true" => Ok(()),
        _ => Err(BackupError::Refused("the role may not create a database".to_owned())),
    }
}
