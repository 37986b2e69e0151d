//! Migrations are rehearsed on what a backup restores: the live database is only read.

use partbook_check::{CheckError, Finding, Report, check};
use partbook_database::{Connection, DatabaseUrl, Pool, PoolSettings, StartError};
use partbook_migrate::{Migrations, Migrator, Plan, Rehearsed, WayBack};

use crate::create::{Request, create_keeping};
use crate::error::BackupError;
use crate::kind::DatabaseKind;
use crate::store::Backup;

/// What migrations did to what a backup restores.
#[derive(Debug)]
pub struct Rehearsal {
    /// The backup, which was verified, and stays.
    pub backup: Backup,
    /// What each migration did, as far as they came.
    pub migrations: Vec<Rehearsed>,
    /// Why they came no further, as `up` would say it.
    pub failure: Option<StartError>,
    /// Whether what is in the database was sound before they were applied.
    pub before: Result<Report, CheckError>,
    /// The same afterwards, compared with before; none where they failed.
    pub after: Option<Result<Report, CheckError>>,
}

impl Rehearsal {
    /// What was found afterwards and not before.
    #[must_use]
    pub fn new_findings(&self) -> Vec<&Finding> {
        let Some(Ok(after)) = &self.after else { return Vec::new() };
        let known = self.before.as_ref().map(|before| before.findings.as_slice()).unwrap_or_default();
        let is_new = |finding: &&Finding| {
            let is_same = |other: &Finding| other.kind == finding.kind && other.place() == finding.place();
            !known.iter().any(|other| is_same(other) && other.count >= finding.count)
        };
        after.findings.iter().filter(is_new).collect()
    }

    /// How many things a person should look at: what was found, and ways back that lead elsewhere.
    #[must_use]
    pub fn faults(&self) -> usize {
        let leads_elsewhere = |it: &&Rehearsed| matches!(it.back, WayBack::Differs(..) | WayBack::Failed(_));
        let is_unseen = matches!(self.after, Some(Err(_)));
        self.new_findings().len() + self.migrations.iter().filter(leads_elsewhere).count() + usize::from(is_unseen)
    }
}

/// Makes a backup, and applies to what it restores what is planned; then takes that back where there is a way.
///
/// # Errors
/// The backup could not be made, or not be restored; the scratch database does not answer. That a migration fails is no error.
pub async fn rehearse(
    request: &Request<'_>,
    plan: &Plan,
    migrations: Migrations,
    accepted_drift: Option<&str>,
) -> Result<Rehearsal, BackupError> {
    let (created, trial) = create_keeping(request).await?;
    let Some(trial) = trial else {
        let reason = created.unverified.unwrap_or_default();
        return Err(BackupError::Refused(format!("nothing was rehearsed: {reason}")));
    };
    let rehearsed = on_stage(trial.url(), request.url, created.backup, plan, migrations, accepted_drift).await;
    trial.drop().await?;
    rehearsed
}

async fn on_stage(
    stage: &DatabaseUrl,
    live: &DatabaseUrl,
    backup: Backup,
    plan: &Plan,
    migrations: Migrations,
    accepted_drift: Option<&str>,
) -> Result<Rehearsal, BackupError> {
    // As long as somebody is connected, nobody takes it for one that was left.
    let mut presence = Connection::open(stage).await?;
    if backup.manifest.kind == DatabaseKind::Postgres {
        look_where_the_live_one_does(&mut presence, stage, live).await?;
    }
    let settings = PoolSettings::default();
    let before = check(stage, &settings).await;
    let pool = Pool::connect(stage, &settings).await?;
    let migrator = Migrator::with(&pool, migrations).await?;
    let (mut migrations, outcome) = migrator.rehearse_up(plan, accepted_drift).await;
    let after = match &outcome {
        Err(_) => None,
        Ok(()) => Some(check(stage, &settings).await.map(|after| match &before {
            Ok(before) => after.compared_with(&before.counts),
            Err(_) => after,
        })),
    };
    migrator.rehearse_down(&mut migrations).await?;
    pool.close().await;
    presence.close().await?;
    Ok(Rehearsal { backup, migrations, failure: outcome.err(), before, after })
}

/// Sets the path on which the scratch database looks for tables to that of the live one: a dump has no settings of its database.
async fn look_where_the_live_one_does(
    presence: &mut Connection,
    stage: &DatabaseUrl,
    live: &DatabaseUrl,
) -> Result<(), BackupError> {
    let mut session = Connection::open(live).await?;
    let path = session.text_value("select current_setting('search_path')").await?.unwrap_or_default();
    session.close().await?;
    let name = stage.name().replace('"', "\"\"");
    Ok(presence.execute(&format!("alter database \"{name}\" set search_path to {path}")).await?)
}
