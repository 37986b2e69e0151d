//! Puts a backup in the place of the live database: the new one is made beside it and verified, and takes its place at once. What
//! is killed leaves the old one or the new one, whole.

mod postgres;
mod settings;
mod sqlite;

use partbook_database::{Connection, DatabaseUrl, Dialect};
use partbook_migrate::{FORMER_OWN_TABLES, Migrations};

use crate::create::Request;
use crate::engine;
use crate::error::BackupError;
use crate::kind::DatabaseKind;
use crate::store::{Backup, Fetched};

/// What a restore would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restoration {
    /// Whether there is a live database, which would be replaced.
    pub replaces: bool,
    /// The tables of other programs that would go back in time, too, and how many rows each has in the backup.
    pub of_others: Vec<(String, u64)>,
    /// Who is connected now.
    pub connected: Vec<String>,
}

/// Looks what a restore would do. Changes nothing.
///
/// # Errors
/// The backup is of another kind of database; the server does not answer; the role may not do what is needed.
pub async fn plan_restore(url: &DatabaseUrl, backup: &Fetched) -> Result<Restoration, BackupError> {
    if engine::kind(url) != backup.manifest.kind {
        return Err(BackupError::Refused(format!(
            "{} is a backup of {}, and {url} is of the other kind",
            backup.manifest.file, backup.manifest.database
        )));
    }
    let catalog = Migrations::embedded(Dialect::of_url(url))?.tables()?;
    let is_of_others = |name: &str| {
        let bare = name.strip_prefix("public.").unwrap_or(name);
        !catalog.iter().any(|table| table == bare)
            && !FORMER_OWN_TABLES.contains(&bare)
            && bare != "sqlite_sequence"
            && !bare.starts_with("partbook")
    };
    let tables = backup.manifest.content.tables.iter().filter(|(name, _)| is_of_others(name));
    let of_others = tables.map(|(name, table)| (name.clone(), table.rows)).collect();
    let (replaces, connected) = match backup.manifest.kind {
        DatabaseKind::Sqlite => (url.file().is_some_and(std::path::Path::exists), sqlite::connected(url).await?),
        DatabaseKind::Postgres => postgres::survey(url).await?,
    };
    Ok(Restoration { replaces, of_others, connected })
}

/// Puts a backup in the place of the live database, after a backup of that one. `request` says where that goes.
///
/// # Errors
/// As [`plan_restore`]; others are connected, and `terminates` does not end them; what was restored is not what the manifest
/// says. The live database is as it was then.
pub async fn restore(request: &Request<'_>, backup: &Fetched, terminates: bool) -> Result<Option<Backup>, BackupError> {
    let plan = plan_restore(request.url, backup).await?;
    let ends_others = terminates && backup.manifest.kind == DatabaseKind::Postgres;
    if !plan.connected.is_empty() && !ends_others {
        let how = match backup.manifest.kind {
            DatabaseKind::Sqlite => "stop them first",
            DatabaseKind::Postgres => "stop them first, or end them with --terminate",
        };
        return Err(BackupError::Refused(format!(
            "others work with {}: {}. Nothing was changed; {how}",
            request.url,
            plan.connected.join(", ")
        )));
    }
    match backup.manifest.kind {
        DatabaseKind::Sqlite => sqlite::restore(request, backup).await,
        DatabaseKind::Postgres => postgres::restore(request, backup, terminates).await,
    }
}

/// Executes a statement and tells the reason of a failure.
async fn execute(session: &mut Connection, statement: &str) -> Result<(), BackupError> {
    Ok(session.execute(statement).await?)
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
