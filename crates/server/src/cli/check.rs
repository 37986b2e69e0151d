//! `partbook check`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use partbook_check::{Finding, Report, RowCounts, Since, check};
use serde_json::json;

use super::output::{Failure, print};
use crate::config::{DatabaseArguments, LogArguments};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Write the number of rows of each table into this file, to be compared with later
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// Compare the number of rows of each table with this file; a table that has fewer, or is gone, is a finding
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    log: LogArguments,
}

/// Looks whether what is in a database is sound. Changes nothing.
pub(super) async fn run(Arguments { save, compare, json, database, log }: Arguments) -> Result<(), Failure> {
    let url = database.url()?;
    let before = compare.as_deref().map(RowCounts::read).transpose()?;
    let _telemetry = partbook_telemetry::start(log.settings(), None).map_err(Failure::Trouble)?;
    let mut report = check(&url, &database.pool()).await?;
    if let Some(before) = &before {
        report = report.compared_with(before);
    }
    if let Some(path) = &save {
        report.counts.write(path)?;
    }
    print(&if json { format!("{:#}\n", json!(report)) } else { as_text(&report) })?;
    match report.findings.len() {
        0 => Ok(()),
        count => Err(Failure::Run(format!("{url} has {count} finding(s)"))),
    }
}

fn as_text(report: &Report) -> String {
    let counts = &report.counts;
    let mut text = String::new();
    for (table, rows) in &counts.tables {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{table:<28}  {rows:>9} rows{}", change(report.since.as_ref(), table));
    }
    let version = counts.schema_version.map_or_else(String::new, |version| format!("version {version}, "));
    let _ = writeln!(text, "{}: {version}{} tables, {} rows", counts.database, counts.tables.len(), counts.total());
    if let Some(Since { at, database, schema_version, .. }) = &report.since {
        let version = schema_version.map_or_else(String::new, |version| format!(", version {version}"));
        let _ = writeln!(text, "compared with {database} at {at}{version}");
    }
    text.extend(report.unseen.iter().map(|what| format!("not looked at: {what}\n")));
    text.extend(report.findings.iter().map(finding_as_text));
    if report.findings.is_empty() {
        text += "No findings.\n";
    }
    text
}

/// By how much a table has changed.
fn change(since: Option<&Since>, table: &str) -> String {
    let change = since.and_then(|since| since.changes.iter().find(|change| change.table == table));
    match change.map(|change| (change.before, change.now.unwrap_or_default())) {
        None => String::new(),
        Some((None, _)) => "  new".to_owned(),
        Some((Some(before), now)) if now < before => format!("  -{}", before - now),
        Some((Some(before), now)) => format!("  +{}", now - before),
    }
}

/// A finding, with its healing as SQL.
pub(super) fn finding_as_text(finding: &Finding) -> String {
    let mut text = format!("\n-- {} {}: {}", finding.kind.word(), finding.place(), finding.what);
    if !finding.examples.is_empty() {
        let more = if finding.count > finding.examples.len() as u64 { ", …" } else { "" };
        text += &format!("; {}{more}", finding.examples.join(", "));
    }
    text.push('\n');
    text.extend(finding.healing.iter().map(|healing| format!("{healing}\n")));
    text.extend(finding.by_hand.iter().map(|what| format!("-- By hand: {what}\n")));
    text
}
