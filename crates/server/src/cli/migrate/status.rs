//! `partbook migrate status`.

use clap::Args;
use partbook_backup::{Backup, BackupError};
use partbook_migrate::{Application, Migration, Run, Running, Standing, Status};
use serde_json::{Value, json};

use super::Report;
use crate::cli::output::{Failure, print};
use crate::config::BackupArguments;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    report: Report,

    #[command(flatten)]
    backup: BackupArguments,
}

/// What is known of the latest verified backup: which it is, or why the store does not say.
type LastVerified<'a> = Result<&'a Option<Backup>, &'a BackupError>;

/// Lists the migrations. Changes nothing.
pub(super) async fn run(Arguments { report, backup }: Arguments) -> Result<(), Failure> {
    let store = backup.store()?;
    let opened = report.open().await?;
    let status = opened.migrator.status().await.map_err(Failure::trouble)?;
    let (database, known_as) = (opened.url.to_string(), partbook_backup::known_as(&opened.url));
    opened.close().await;
    let backup = store.last_verified(&known_as).await;
    print(&if report.json {
        as_json(&database, &status, backup.as_ref())
    } else {
        as_text(&database, &status, backup.as_ref())
    })?;
    if let Some(trouble) = status.trouble() {
        return Err(Failure::Trouble(trouble));
    }
    match status.pending() {
        0 => Ok(()),
        pending => Err(Failure::Run(format!("{pending} migration(s) pending; `partbook migrate up` applies them"))),
    }
}

fn as_text(database: &str, status: &Status, backup: LastVerified<'_>) -> String {
    let Status { version, head, is_adopted, migrations, size, tables, running, .. } = status;
    let mut text: String = migrations.iter().map(as_line).collect();
    let adopted = if *is_adopted { ", adopted" } else { "" };
    text +=
        &format!("{database}{adopted}: version {version} of {head}, {tables} tables, {} KiB\n", size.div_ceil(1024));
    match backup {
        Ok(None) => {}
        Ok(Some(Backup { manifest, .. })) => {
            text += &format!("last verified backup: {}, {}\n", manifest.file, manifest.reason);
        }
        Err(error) => text += &format!("last verified backup: not known, {error}\n"),
    }
    if let Some(Running { run, waits_for }) = running {
        let Run { command, who, host, started_at, .. } = run;
        text += &format!("{command} is at work, by {who}@{host} since {started_at}\n");
        text.extend(waits_for.iter().map(|session| format!("    waits for session {session}\n")));
    }
    text
}

fn as_line(Migration { version, name, state, .. }: &Migration) -> String {
    let text = match state {
        Standing::Applied(application) => when(application),
        Standing::Edited(application) => format!("{}  edited since", when(application)),
        Standing::Missing(application) => format!("{}  not known to this version", when(application)),
        Standing::Failed { at, error } => format!("failed at {at}: {error}"),
        Standing::Begun { at } => format!("begun at {at}, and not finished"),
        Standing::Pending | Standing::OutOfOrder | Standing::Available => word(state).to_owned(),
        Standing::Impossible(reason) => format!("impossible: {reason}"),
    };
    format!("{version:04}  {name:<24}  {text}\n")
}

fn when(application: &Application) -> String {
    let Application { at, milliseconds, is_adopted, is_stamped, .. } = application;
    match milliseconds {
        _ if *is_adopted => format!("{at}  adopted"),
        _ if *is_stamped => format!("{at}  stamped"),
        Some(milliseconds) => format!("{at}  {milliseconds} ms"),
        None => at.clone(),
    }
}

fn word(state: &Standing) -> &'static str {
    match state {
        Standing::Applied(_) => "applied",
        Standing::Edited(_) => "edited",
        Standing::Missing(_) => "missing",
        Standing::Pending => "pending",
        Standing::OutOfOrder => "out of order",
        Standing::Failed { .. } => "failed",
        Standing::Begun { .. } => "begun",
        Standing::Available => "available",
        Standing::Impossible(_) => "impossible",
    }
}

fn as_json(database: &str, status: &Status, backup: LastVerified<'_>) -> String {
    let migrations: Vec<Value> = status.migrations.iter().map(migration_as_json).collect();
    let status = json!({
        "database": database,
        "version": status.version,
        "head": status.head,
        "pending": status.pending(),
        "adopted": status.is_adopted,
        "trouble": status.trouble(),
        "size": status.size,
        "tables": status.tables,
        "last_verified_backup": match backup {
            Ok(backup) => json!(backup.as_ref().map(|Backup { place, manifest }| {
                json!({"file": place.to_string(), "taken_at": manifest.taken_at})
            })),
            Err(error) => json!({"error": error.to_string()}),
        },
        "running": status.running.as_ref().map(|Running { run, waits_for }| json!({
            "command": run.command, "who": run.who, "host": run.host, "since": run.started_at, "waits_for": waits_for,
        })),
        "migrations": migrations,
    });
    format!("{status:#}\n")
}

fn migration_as_json(Migration { version, name, is_optional, is_compatible, state }: &Migration) -> Value {
    let mut object = json!({
        "version": version, "name": name, "state": word(state), "optional": is_optional, "compatible": is_compatible,
    });
    match state {
        Standing::Applied(it) | Standing::Edited(it) | Standing::Missing(it) => {
            object["at"] = json!(it.at);
            object["milliseconds"] = json!(it.milliseconds);
            object["tool"] = json!(it.tool);
            object["checksum"] = json!(it.checksum);
            object["origin"] = json!(if it.is_adopted {
                "adopted"
            } else if it.is_stamped {
                "stamped"
            } else {
                "run"
            });
        }
        Standing::Failed { at, error } => {
            object["at"] = json!(at);
            object["error"] = json!(error);
        }
        Standing::Begun { at } => object["at"] = json!(at),
        Standing::Impossible(reason) => object["reason"] = json!(reason),
        Standing::Pending | Standing::OutOfOrder | Standing::Available => {}
    }
    object
}
