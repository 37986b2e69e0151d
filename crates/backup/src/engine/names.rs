//! Databases of ours beside the live one, and those that a run has left that was killed. Whoever works with one holds a lock on its
//! name, taken before it is made: what nobody holds is left.

use partbook_database::{Connection, Error};

use super::dump::one;
use crate::content::sha256;
use crate::definition::{identifier, literal};
use crate::error::BackupError;

/// The first number of the locks, by which they are told from those of others.
const LOCKS: u32 = 0x5042_4b50;

/// The statement that lets a session create databases although the live one is set to be read only.
pub(super) const WRITES: &str = "set default_transaction_read_only = off";

/// A name for a database of ours, which nobody else has and which is held for as long as the session lasts.
pub(crate) async fn own_name(session: &mut Connection, purpose: &str) -> Result<String, BackupError> {
    let microseconds = one(session, "select (extract(epoch from clock_timestamp()) * 1000000)::bigint::text").await?;
    let name = format!("partbook_{purpose}_{microseconds}_{}", std::process::id());
    // Where sessions are ended that do nothing, this one is not: it waits for what is made under the name.
    let never = "select set_config(name, '0', false) from pg_settings where name = 'idle_session_timeout'";
    session.text_rows(never).await?;
    session.execute(&format!("{WRITES}; select pg_advisory_lock({LOCKS}, {})", number(&name))).await?;
    Ok(name)
}

/// The second number of the lock on a name.
fn number(name: &str) -> i32 {
    let digits = sha256(name);
    u32::from_str_radix(&digits[..8], 16).map_or(0, u32::cast_signed)
}

/// Drops what was made for a trial or for a restore that was cut off.
pub(crate) async fn drop_left(session: &mut Connection) -> Result<Vec<String>, BackupError> {
    let mut dropped = Vec::new();
    session.execute(WRITES).await?;
    for name in left(session, "scratch|restoring").await? {
        match drop_database(session, &name).await {
            Ok(()) => {
                tracing::info!(name, "dropped what a run has left that was cut off");
                dropped.push(name);
            }
            Err(error) => tracing::warn!(name, reason = error.reason(), "a database that was left cannot be dropped"),
        }
    }
    Ok(dropped)
}

/// Drops a database, which may have become a template, as the live one is. A program of ours may still be at work in it, which
/// nobody waits for any more.
pub(crate) async fn drop_database(session: &mut Connection, name: &str) -> Result<(), Error> {
    let identifier = identifier(name);
    // Asked first: the server ends a session that alters a database which another one is dropping.
    let template = format!("select 1::text from pg_database where datname = {} and datistemplate", literal(name));
    if !session.text_column(&template).await?.is_empty() {
        let _ = session.execute(&format!("alter database {identifier} is_template false")).await;
    }
    session.execute(&format!("drop database if exists {identifier} with (force)")).await
}

/// The databases that were replaced by restores which were cut off before these became backups.
pub(crate) async fn replaced(session: &mut Connection) -> Result<Vec<String>, BackupError> {
    left(session, "replaced").await
}

/// Those of our own names that nobody holds.
async fn left(session: &mut Connection, purposes: &str) -> Result<Vec<String>, BackupError> {
    // In this order: a name is held before its database is there.
    let names = session
        .text_column(&format!(
            "select datname from pg_database
             where datname ~ '^partbook_({purposes})_[0-9]+_[0-9]+$' and pg_has_role(current_user, datdba, 'usage') order by 1"
        ))
        .await?;
    let held = session
        .text_column(&format!(
            "select objid::bigint::text from pg_locks
             where locktype = 'advisory' and objsubid = 2 and classid::bigint = {LOCKS} and granted"
        ))
        .await?;
    let is_held = |name: &String| {
        let number = number(name).cast_unsigned().to_string();
        held.contains(&number)
    };
    Ok(names.into_iter().filter(|name| !is_held(name)).collect())
}
