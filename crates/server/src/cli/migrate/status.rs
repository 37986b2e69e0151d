//! `partbook migrate status`.

use partbook_migrate::{Migration, State};
use serde_json::{Value, json};

use super::Report;
use crate::cli::output::{Failure, print};

/// Lists the migrations. Changes nothing.
pub(super) async fn run(report: Report) -> Result<(), Failure> {
    let opened = report.open().await?;
    let migrations = partbook_migrate::status(&opened.pool).await.map_err(Failure::trouble)?;
    let database = opened.url.to_string();
    opened.close().await;
    let text = if report.json { as_json(&database, &migrations) } else { migrations.iter().map(as_line).collect() };
    print(&text)?;
    if let Some((version, error)) = migrations.iter().find_map(failed) {
        return Err(Failure::Trouble(format!("migration {version} failed: {error}")));
    }
    match migrations.iter().filter(|migration| migration.state == State::Pending).count() {
        0 => Ok(()),
        pending => Err(Failure::Run(format!("{pending} migration(s) pending; `partbook migrate up` applies them"))),
    }
}

fn failed(migration: &Migration) -> Option<(i64, &str)> {
    match &migration.state {
        State::Failed { error, .. } => Some((migration.version, error)),
        State::Applied { .. } | State::Pending => None,
    }
}

fn as_line(Migration { version, name, state }: &Migration) -> String {
    let state = match state {
        State::Applied { at, milliseconds: Some(milliseconds), .. } => format!("{at}  {milliseconds} ms"),
        State::Applied { at, .. } => at.clone(),
        State::Pending => "pending".to_owned(),
        State::Failed { at, error } => format!("failed at {at}: {error}"),
    };
    format!("{version:04}  {name:<24}  {state}\n")
}

fn as_json(database: &str, migrations: &[Migration]) -> String {
    let applied = |migration: &&Migration| matches!(migration.state, State::Applied { .. });
    let version = migrations.iter().rfind(applied).map_or(0, |migration| migration.version);
    let pending = migrations.iter().filter(|migration| migration.state == State::Pending).count();
    let migrations: Vec<Value> = migrations
        .iter()
        .map(|Migration { version, name, state }| match state {
            State::Applied { at, milliseconds, tool, checksum } => json!({
                "version": version, "name": name, "state": "applied", "at": at, "milliseconds": milliseconds,
                "tool": tool, "checksum": checksum,
            }),
            State::Pending => json!({"version": version, "name": name, "state": "pending"}),
            State::Failed { at, error } => {
                json!({"version": version, "name": name, "state": "failed", "at": at, "error": error})
            }
        })
        .collect();
    let status = json!({"database": database, "version": version, "pending": pending, "migrations": migrations});
    format!("{status:#}\n")
}
