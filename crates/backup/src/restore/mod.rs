//! Puts a backup in the place of the live database: the new one is made beside it and verified, and takes its place at once. What
//! is killed leaves the old one or the new one, whole.

mod postgres;
mod sqlite;

use std::collections::BTreeMap;

use partbook_database::{Connection, DatabaseUrl, Dialect};
use partbook_migrate::{FORMER_OWN_TABLES, Migrations};

use crate::create::Request;
use crate::engine;
use crate::error::BackupError;
use crate::kind::DatabaseKind;
use crate::leftovers::sweep_beside;
use crate::store::{Backup, Fetched};

/// What a restore would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restoration {
    /// Whether there is a live database, which would be replaced.
    pub replaces: bool,
    /// The database that the backup is of, where it is another one.
    pub is_of: Option<String>,
    /// The tables of other programs that would go back in time, too, and how many rows each has in the backup.
    pub of_others: Vec<(String, u64)>,
    /// Who is connected now.
    pub connected: Vec<String>,
}

/// What is in the place that a restore is meant for.
struct Survey {
    replaces: bool,
    connected: Vec<String>,
    /// Whether the backup is of this database.
    is_same: bool,
}

/// How a restore goes about it.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Whether the sessions of others on a PostgreSQL database are ended.
    pub terminates: bool,
    /// Whether what is restored belongs to whom it belonged; else all of it is the role's that restores it.
    pub keeps_owners: bool,
}

/// Looks what a restore would do. Changes nothing.
///
/// # Errors
/// The backup is of another kind of database; the server does not answer, or lacks a role that something in the backup belongs
/// to; the role may not do what is needed.
pub async fn plan_restore(url: &DatabaseUrl, backup: &Fetched, keeps_owners: bool) -> Result<Restoration, BackupError> {
    if engine::kind(url) != backup.manifest.kind {
        return Err(BackupError::Refused(format!(
            "{} is a backup of {}, and {url} is of the other kind",
            backup.manifest.file, backup.manifest.database
        )));
    }
    let of_others = tables_of_others(url, backup)?;
    let Survey { replaces, connected, is_same } = match backup.manifest.kind {
        DatabaseKind::Sqlite => sqlite::survey(url, &backup.manifest).await?,
        DatabaseKind::Postgres => postgres::survey(url, &backup.manifest, keeps_owners).await?,
    };
    let is_of = (!is_same).then(|| backup.manifest.database.clone());
    Ok(Restoration { replaces, is_of, of_others, connected })
}

/// The tables in a backup that are neither the catalog's nor ours, and how many rows each has.
fn tables_of_others(url: &DatabaseUrl, backup: &Fetched) -> Result<Vec<(String, u64)>, BackupError> {
    let catalog = Migrations::embedded(Dialect::of_url(url))?.tables()?;
    let tables = &backup.manifest.content.tables;
    let ours = OurNames::among(tables.keys().map(String::as_str), &catalog);
    let of_others = tables.iter().filter(|(name, _)| !ours.has(name, &catalog));
    Ok(of_others.map(|(name, table)| (name.clone(), table.rows)).collect())
}

/// How the contents of a backup name what is ours: by the schema that the catalog is in, on PostgreSQL.
#[derive(Debug, PartialEq, Eq)]
struct OurNames {
    /// What the names of the catalog's tables begin with; nothing on SQLite.
    catalog: String,
    /// The same of our own.
    own: String,
}

impl OurNames {
    /// The catalog is in the schema that has most of its tables.
    fn among<'a>(names: impl Iterator<Item = &'a str>, catalog: &[String]) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (schema, table) in names.filter_map(|name| name.rsplit_once('.')) {
            if catalog.iter().any(|known| known == table) {
                *counts.entry(schema).or_default() += 1;
            }
        }
        let Some((schema, _)) = counts.into_iter().max_by_key(|(_, count)| *count) else {
            return Self { catalog: String::new(), own: "partbook_".to_owned() };
        };
        let own = match (schema, schema.strip_suffix('"')) {
            ("public", _) => "partbook.".to_owned(),
            (_, Some(quoted)) => format!("{quoted}_partbook\"."),
            (schema, None) => format!("{schema}_partbook."),
        };
        Self { catalog: format!("{schema}."), own }
    }

    fn has(&self, name: &str, catalog: &[String]) -> bool {
        let is_of_catalog = |table: &str| {
            catalog.iter().any(|known| known == table)
                || FORMER_OWN_TABLES.contains(&table)
                || table == "sqlite_sequence"
        };
        name.starts_with(&self.own) || name.strip_prefix(&self.catalog).is_some_and(is_of_catalog)
    }
}

/// Puts a backup in the place of the live database, after a backup of that one. `request` says where that goes.
///
/// # Errors
/// As [`plan_restore`]; others are connected, and are not to be ended; what was restored is not what the manifest
/// says. The live database is as it was then.
pub async fn restore(request: &Request<'_>, backup: &Fetched, manner: Manner) -> Result<Option<Backup>, BackupError> {
    if let Err(error) = sweep_beside(request.url, request.store).await {
        tracing::warn!(%error, "what runs have left that were cut off cannot be looked for");
    }
    let plan = plan_restore(request.url, backup, manner.keeps_owners).await?;
    let ends_others = manner.terminates && backup.manifest.kind == DatabaseKind::Postgres;
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
        DatabaseKind::Postgres => postgres::restore(request, backup, manner).await,
    }
}

/// Executes a statement and tells the reason of a failure.
async fn execute(session: &mut Connection, statement: &str) -> Result<(), BackupError> {
    Ok(session.execute(statement).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_goes_by_the_schema_of_the_catalog() {
        let catalog = ["cpu".to_owned(), "gpu".to_owned()];
        for (names, of_others) in [
            (&["public.cpu", "public.gpu", "partbook.migration", "public._sqlx_migrations"][..], &[][..]),
            (&["public.cpu", "public.diary", "other.gpu", "public.gpu"], &["public.diary", "other.gpu"]),
            (&["\"my Shop\".cpu", "\"my Shop\".gpu", "\"my Shop_partbook\".migration", "public.cpu"], &["public.cpu"]),
            (&["cpu", "gpu", "partbook_migration", "diary", "sqlite_sequence"], &["diary"]),
        ] {
            let ours = OurNames::among(names.iter().copied(), &catalog);
            let found: Vec<_> = names.iter().filter(|name| !ours.has(name, &catalog)).collect();
            assert_eq!(found, of_others.iter().collect::<Vec<_>>(), "{ours:?}");
        }
    }
}
