//! `partbook migrate up --rehearse`.

use std::fmt::Write as _;

use partbook_backup::{Rehearsal, rehearse};
use partbook_check::{CheckError, Report};
use partbook_database::DatabaseUrl;
use partbook_migrate::{Migrations, Plan, Rehearsed, TableLock, WayBack};
use serde_json::{Value, json};

use super::steps::{Steps, waiting};
use crate::cli::backup::request;
use crate::cli::check::finding_as_text;
use crate::cli::output::{Failure, print};

/// Rehearses what is planned on what a backup restores. The database itself is only read.
pub(super) async fn run(url: &DatabaseUrl, plan: &Plan, migrations: Migrations, steps: &Steps) -> Result<(), Failure> {
    let backup = &steps.backup.backup;
    let (verify_url, store) = (backup.verify_url()?, backup.store()?);
    let last = plan.scripts.last().map_or(0, |script| script.version);
    let reason = format!("rehearsal of up to {last}");
    let request = request(url, backup, &store, verify_url.as_ref(), &reason);
    let rehearsal = rehearse(&request, plan, migrations, steps.accept_drift.as_deref()).await;
    let rehearsal = rehearsal.map_err(|error| Failure::from(error).into_trouble())?;
    print(&if steps.json { format!("{:#}\n", as_json(url, &rehearsal)) } else { as_text(&rehearsal) })?;
    let faults = rehearsal.faults();
    match rehearsal.failure {
        Some(error) => Err(Failure::from(error).followed_by(&format!("This was a rehearsal: {url} was not changed"))),
        None if faults > 0 => {
            Err(Failure::Run(format!("the rehearsal has {faults} finding(s); {url} was not changed")))
        }
        None => Ok(()),
    }
}

fn as_text(rehearsal: &Rehearsal) -> String {
    let mut text = format!("backup  {}  verified\n", rehearsal.backup.manifest.file);
    for Rehearsed { version, name, duration, locks, growth, back, .. } in &rehearsal.migrations {
        // Writing to a string cannot fail.
        let growth = kib(*growth);
        let _ = writeln!(text, "{version:04}  {name:<24}  applied  {} ms  {growth}", duration.as_millis());
        match locks {
            None => text += "      each statement on its own: nothing is locked at its end\n",
            Some(locks) => text.extend(locks.iter().map(lock_as_line)),
        }
        text += &format!("      {}\n", back_as_text(back));
    }
    text += &checked("before", Some(&rehearsal.before));
    text += &checked("after", rehearsal.after.as_ref());
    text.extend(rehearsal.new_findings().into_iter().map(finding_as_text));
    text
}

fn lock_as_line(TableLock { table, lock, waits }: &TableLock) -> String {
    format!("      locks {table}: {lock} ({} wait)\n", waiting(*waits))
}

/// A number of bytes with its sign.
fn kib(bytes: i64) -> String {
    let sign = if bytes < 0 { '-' } else { '+' };
    format!("{sign}{} KiB", bytes.unsigned_abs().div_ceil(1024))
}

fn back_as_text(back: &WayBack) -> String {
    match back {
        WayBack::Restored(duration) => format!("taken back  {} ms, the schema is as before", duration.as_millis()),
        WayBack::Differs(duration, differences) => {
            let differences = differences.iter().map(|difference| format!("\n        {difference}"));
            let milliseconds = duration.as_millis();
            format!("taken back  {milliseconds} ms, the schema is not as before{}", differences.collect::<String>())
        }
        WayBack::Failed(reason) => format!("not taken back: {reason}"),
        WayBack::Irreversible(reason) => format!("cannot be taken back: {reason}"),
        WayBack::Untried => "not taken back, since a later one was not".to_owned(),
    }
}

fn checked(when: &str, report: Option<&Result<Report, CheckError>>) -> String {
    match report {
        None => String::new(),
        Some(Ok(report)) => format!("check {when}: {} finding(s)\n", report.findings.len()),
        Some(Err(error)) => format!("check {when}: {error}\n"),
    }
}

fn as_json(url: &DatabaseUrl, rehearsal: &Rehearsal) -> Value {
    let report = |report: &Result<Report, CheckError>| match report {
        Ok(report) => json!(report),
        Err(error) => json!({"error": error.to_string()}),
    };
    let migration = |it: &Rehearsed| {
        let lock = |it: &TableLock| json!({"table": it.table, "lock": it.lock, "waits": waiting(it.waits)});
        json!({
            "version": it.version,
            "name": it.name,
            "milliseconds": u64::try_from(it.duration.as_millis()).unwrap_or(u64::MAX),
            "locks": it.locks.as_ref().map(|locks| locks.iter().map(lock).collect::<Vec<_>>()),
            "growth": it.growth,
            "back": back_as_json(&it.back),
        })
    };
    json!({
        "database": url.to_string(),
        "backup": rehearsal.backup.place.to_string(),
        "migrations": rehearsal.migrations.iter().map(migration).collect::<Vec<_>>(),
        "error": rehearsal.failure.as_ref().map(ToString::to_string),
        "before": report(&rehearsal.before),
        "after": rehearsal.after.as_ref().map(report),
        "new_findings": rehearsal.new_findings(),
    })
}

fn back_as_json(back: &WayBack) -> Value {
    let took = |duration: &std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    match back {
        WayBack::Restored(duration) => json!({"result": "restored", "milliseconds": took(duration)}),
        WayBack::Differs(duration, differences) => {
            let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
            json!({"result": "differs", "milliseconds": took(duration), "differences": differences})
        }
        WayBack::Failed(reason) => json!({"result": "failed", "reason": reason}),
        WayBack::Irreversible(reason) => json!({"result": "irreversible", "reason": reason}),
        WayBack::Untried => json!({"result": "untried"}),
    }
}
