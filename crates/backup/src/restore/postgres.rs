//! A PostgreSQL database takes the place of another by two renames in one transaction.

use std::time::Duration;

use partbook_database::{Connection, DatabaseUrl};

use super::{execute, identifier, literal, settings};
use crate::create::{Request, create};
use crate::engine::{self, create_like, restore_into};
use crate::error::BackupError;
use crate::store::Backup;
use crate::verify::compare;

/// How often the swap is tried while others connect again, and the pause between.
const MAX_ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// A database that every server has, to work from while the live one is renamed.
async fn elsewhere(url: &DatabaseUrl) -> Result<Connection, BackupError> {
    match Connection::open(&url.with_name("postgres")).await {
        Ok(session) => Ok(session),
        Err(_) => Ok(Connection::open(&url.with_name("template1")).await?),
    }
}

/// Whether there is a live database, and who is connected to it. Refuses what the role could not do in the end.
pub(super) async fn survey(url: &DatabaseUrl) -> Result<(bool, Vec<String>), BackupError> {
    let mut session = elsewhere(url).await?;
    let name = literal(&url.name());
    let rows = session
        .text_rows(&format!(
            "select (select (rolcreatedb or rolsuper)::text from pg_roles where rolname = current_user),
                (select pg_has_role(current_user, datdba, 'usage')::text from pg_database where datname = {name})"
        ))
        .await?;
    let [may_create, owns] =
        <[Option<String>; 2]>::try_from(rows.into_iter().next().unwrap_or_default()).unwrap_or_default();
    if may_create.as_deref() != Some("true") || owns.as_deref() == Some("false") {
        return Err(BackupError::Refused(format!(
            "the role may not create a database and rename {}: it needs the right createdb, and to own the database. By hand, as \
             one that may: createdb of a new one, pg_restore into it, then rename both; docs/backup-and-restore.md has the steps. \
             Nothing was changed",
            url.name()
        )));
    }
    let connected = format!(
        "select format('%s (%s)', coalesce(nullif(application_name, ''), 'a program'), coalesce(host(client_addr), 'socket'))
         from pg_stat_activity where datname = {name} and pid <> pg_backend_pid() and backend_type = 'client backend' order by 1"
    );
    let connected = session.text_rows(&connected).await?.into_iter().filter_map(|row| row.into_iter().next().flatten());
    let connected = connected.collect();
    session.close().await?;
    Ok((owns.is_some(), connected))
}

/// Puts a backup in the place of the database.
pub(super) async fn restore(
    request: &Request<'_>,
    backup: &Backup,
    terminates: bool,
) -> Result<Option<Backup>, BackupError> {
    let url = request.url;
    let (replaces, _) = survey(url).await?;
    let safety = if replaces {
        let created = create(&Request { reason: "before restore", scratch: request.scratch, ..*request }).await?;
        if let Some(reason) = created.unverified {
            return Err(BackupError::Refused(format!("the backup before the restore could not be verified: {reason}")));
        }
        Some(created.backup)
    } else {
        None
    };
    let mut session = elsewhere(url).await?;
    let new = format!("{}_restoring", url.name());
    execute(&mut session, &format!("drop database if exists {}", identifier(&new))).await?;
    if replaces {
        let mut live = Connection::open(url).await?;
        create_like(&mut live, &new).await?;
        live.close().await?;
    } else {
        create_like(&mut session, &new).await?;
    }
    let made = make(url, &new, backup, replaces, &mut session).await;
    let swapped = match made {
        Ok(()) => swap(url, &new, replaces, terminates, &mut session).await,
        Err(error) => Err(error),
    };
    if swapped.is_err() {
        let _ = session.execute(&format!("drop database if exists {}", identifier(&new))).await;
    }
    session.close().await?;
    swapped.map(|()| safety)
}

/// Makes the new database, with everything that the old one is set to, and looks whether it is what it must be.
async fn make(
    url: &DatabaseUrl,
    new: &str,
    backup: &Backup,
    replaces: bool,
    session: &mut Connection,
) -> Result<(), BackupError> {
    let target = url.with_name(new);
    restore_into(&target, &backup.path, true).await?;
    compare(&backup.manifest, &engine::content(&target).await?)?;
    if replaces {
        settings::copy(session, &url.name(), new).await?;
    }
    Ok(())
}

/// Renames the old one away and the new one into its place, both or none, and drops the old one, of which there is a backup.
async fn swap(
    url: &DatabaseUrl,
    new: &str,
    replaces: bool,
    terminates: bool,
    session: &mut Connection,
) -> Result<(), BackupError> {
    let (name, old) = (url.name(), format!("{}_replaced", url.name()));
    if !replaces {
        let rename = format!("alter database {} rename to {}", identifier(new), identifier(&name));
        return execute(session, &rename).await;
    }
    execute(session, &format!("drop database if exists {}", identifier(&old))).await?;
    let swap = format!(
        "begin; alter database {live} rename to {old}; alter database {new} rename to {live}; commit",
        live = identifier(&name),
        old = identifier(&old),
        new = identifier(new)
    );
    let end_others =
        format!("select pg_terminate_backend(pid)::text from pg_stat_activity where datname = {}", literal(&name));
    let mut attempt = 1;
    loop {
        if terminates {
            session.text_rows(&end_others).await?;
        }
        match session.execute(&swap).await {
            Ok(()) => break,
            Err(error) => {
                let _ = session.execute("rollback").await;
                if attempt == MAX_ATTEMPTS {
                    return Err(BackupError::Refused(format!(
                        "the database could not be replaced: {}. It is as it was",
                        error.reason()
                    )));
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
        attempt += 1;
    }
    execute(session, &format!("drop database if exists {} with (force)", identifier(&old))).await
}
