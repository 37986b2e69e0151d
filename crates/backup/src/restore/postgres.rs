//! A PostgreSQL database takes the place of another by two renames in one transaction.

use std::time::Duration;

use partbook_database::{Connection, DatabaseUrl};

use super::{Manner, Survey, execute};
use crate::create::{Request, create};
use crate::definition::{Definition, cluster, identifier, literal};
use crate::engine::{self, create_like, drop_database, may_create, own_name, restore_into};
use crate::error::BackupError;
use crate::manifest::Manifest;
use crate::progress::told;
use crate::store::{Backup, Fetched};
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
pub(super) async fn survey(url: &DatabaseUrl, manifest: &Manifest, keeps_owners: bool) -> Result<Survey, BackupError> {
    if ["postgres", "template1"].contains(&url.name().as_str()) {
        return Err(BackupError::Refused(format!(
            "{} is the database that a restore works from, and is not replaced: the catalog needs one of its own",
            url.name()
        )));
    }
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
            "the role may not create a database and rename {}: it needs the right createdb, and to own the database. Nothing was \
             changed. By hand, as one that may: create a database, pg_restore into it, rename both",
            url.name()
        )));
    }
    let connected = format!(
        "select format('%s (%s)', coalesce(nullif(application_name, ''), 'a program'), coalesce(host(client_addr), 'socket'))
         from pg_stat_activity where datname = {name} and pid <> pg_backend_pid() and backend_type = 'client backend' order by 1"
    );
    let connected = session.text_column(&connected).await?;
    let replaces = owns.is_some();
    let subscriptions = format!(
        "select subname from pg_subscription where subdbid = (select oid from pg_database where datname = {name}) order by 1"
    );
    let subscriptions = session.text_column(&subscriptions).await?;
    if !subscriptions.is_empty() {
        return Err(BackupError::Refused(format!(
            "{} has the subscription(s) {}, which no backup has. Nothing was changed; drop them, and make them again afterwards",
            url.name(),
            subscriptions.join(", ")
        )));
    }
    if keeps_owners && let Some(definition) = &manifest.definition {
        check_roles(&mut session, &definition.needed_roles(!replaces)).await?;
    }
    let is_same = is_same(url, manifest, cluster(&mut session).await);
    session.close().await?;
    Ok(Survey { replaces, connected, is_same })
}

/// Whether a backup is of this database: by its name, and by the number of the server, or else by where that is.
fn is_same(url: &DatabaseUrl, manifest: &Manifest, cluster: Option<String>) -> bool {
    let without_user = |text: &str| {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        rest.rsplit_once('@').map_or(rest, |(_, rest)| rest).to_owned()
    };
    let recorded = manifest.definition.as_ref().and_then(|definition| definition.cluster.clone());
    manifest.name == url.name()
        && match (recorded, cluster) {
            (Some(recorded), Some(cluster)) => recorded == cluster,
            _ => without_user(&manifest.database) == without_user(&engine::known_as(url)),
        }
}

/// Refuses a server that lacks roles: what belongs to them could not be made.
async fn check_roles(session: &mut Connection, needed: &[String]) -> Result<(), BackupError> {
    let roles = session.text_column("select rolname from pg_roles").await?;
    let missing: Vec<_> = needed.iter().filter(|role| !roles.contains(role)).cloned().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let statements: Vec<_> = missing.iter().map(|role| format!("create role {};", identifier(role))).collect();
    Err(BackupError::Refused(format!(
        "the server has no role(s) {}, and the backup has what is theirs. Nothing was changed. Make them ({}), or let all of it be \
         the role's that restores it: --no-owners",
        missing.join(", "),
        statements.join(" ")
    )))
}

/// Puts a backup in the place of the database.
pub(super) async fn restore(
    request: &Request<'_>,
    backup: &Fetched,
    manner: Manner,
) -> Result<Option<Backup>, BackupError> {
    let mut session = elsewhere(request.url).await?;
    let url = &session.place(request.url);
    let live = Definition::of(&mut session, &url.name()).await?;
    let replaces = live.is_some();
    let recorded = backup.manifest.definition.clone().filter(|_| manner.keeps_owners);
    let new = own_name(&mut session, "restoring").await?;
    if replaces {
        let mut live = Connection::open(url).await?;
        create_like(&mut live, &new).await?;
        live.close().await?;
    } else if let Some(definition) = &backup.manifest.definition {
        may_create(&mut session).await?;
        execute(&mut session, &definition.create(&new)).await?;
    } else {
        create_like(&mut session, &new).await?;
    }
    let made = make(url, &new, backup, live.or(recorded), manner.keeps_owners, &mut session).await;
    let swapped = match made {
        Ok(()) => swap(url, &new, replaces, manner.terminates, &mut session).await,
        Err(error) => Err(error),
    };
    if swapped.is_err() {
        let _ = drop_database(&mut session, &new).await;
    }
    let safety = match swapped? {
        None => None,
        Some(former) => Some(keep(request, &url.with_name(&former), &mut session).await?),
    };
    session.close().await?;
    Ok(safety)
}

/// Makes a backup of the database that was replaced, which nobody knows by its name, so that it has everything that was written
/// to the last moment; and drops it then.
async fn keep(request: &Request<'_>, url: &DatabaseUrl, session: &mut Connection) -> Result<Backup, BackupError> {
    let replaced = url.name();
    let kept = create(&Request { url, known_as: Some(request.url), reason: "before restore", ..*request }).await;
    let told = |why: String| {
        BackupError::Refused(format!(
            "the database is restored; what it was before is the database {replaced}, and stays: its backup {why}"
        ))
    };
    let created = kept.map_err(|error| told(format!("could not be made: {error}")))?;
    if let Some(reason) = created.unverified {
        return Err(told(format!("could not be verified: {reason}")));
    }
    drop_database(session, &replaced).await?;
    Ok(created.backup)
}

/// Fills the new database, gives it everything that the old one is set to, or was, and looks whether it is what it must be.
async fn make(
    url: &DatabaseUrl,
    new: &str,
    backup: &Fetched,
    definition: Option<Definition>,
    keeps_owners: bool,
    session: &mut Connection,
) -> Result<(), BackupError> {
    let target = url.with_name(new);
    let work = restore_into(&target, &backup.path, &backup.manifest.client_version, keeps_owners);
    told("restoring", None, work).await?;
    compare(&backup.manifest, &told("comparing", None, engine::content(&target)).await?)?;
    for statement in definition.iter().flat_map(|definition| definition.statements(new)) {
        execute(session, &statement).await?;
    }
    Ok(())
}

/// Renames the old one away and the new one into its place, both or none. Says what the old one is called now.
async fn swap(
    url: &DatabaseUrl,
    new: &str,
    replaces: bool,
    terminates: bool,
    session: &mut Connection,
) -> Result<Option<String>, BackupError> {
    let name = url.name();
    if !replaces {
        let rename = format!("alter database {} rename to {}", identifier(new), identifier(&name));
        execute(session, &rename).await?;
        return Ok(None);
    }
    let old = own_name(session, "replaced").await?;
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
            Ok(()) => return Ok(Some(old)),
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
}
