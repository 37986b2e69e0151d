//! `partbook migrate history`.

use std::fmt::Write as _;

use clap::Args;
use partbook_migrate::{Record, Run};
use serde_json::json;

use super::Report;
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The version of which everything is shown: its scripts, its checksum, the runs that were about it
    #[arg(value_name = "VERSION", value_parser = clap::value_parser!(i64).range(1..))]
    version: Option<i64>,

    #[command(flatten)]
    report: Report,
}

/// Lists who ran migrations, or shows one of them. Changes nothing.
pub(super) async fn run(Arguments { version, report }: Arguments) -> Result<(), Failure> {
    let opened = report.open().await?;
    let text = if let Some(version) = version {
        let record = opened.migrator.record(version).await.map_err(Failure::trouble)?;
        if report.json { format!("{:#}\n", record_as_json(&record)) } else { record_as_text(&record) }
    } else {
        let runs = opened.migrator.runs().await.map_err(Failure::trouble)?;
        if report.json {
            format!("{:#}\n", json!({"runs": runs.iter().map(run_as_json).collect::<Vec<_>>()}))
        } else {
            runs.iter().map(run_as_text).collect()
        }
    };
    opened.close().await;
    print(&text)
}

fn run_as_text(run: &Run) -> String {
    let Run { command, who, host, tool, started_at, from_version, to_version, reason, steps, result, error, .. } = run;
    let end = match (result.as_deref(), error) {
        (Some(result), Some(error)) => format!("{result}: {error}"),
        (Some(result), None) => result.to_owned(),
        (None, _) => "not finished".to_owned(),
    };
    let way = to_version.map_or_else(String::new, |to| format!(", {from_version} to {to}"));
    let mut text = format!("{started_at}  {command:<6} {who}@{host}, partbook {tool}{way}: {end}\n");
    for line in reason
        .iter()
        .map(|reason| format!("because: {reason}"))
        .chain(steps.iter().flat_map(|it| it.lines()).map(str::to_owned))
    {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {line}");
    }
    text
}

fn run_as_json(run: &Run) -> serde_json::Value {
    json!({
        "command": run.command,
        "who": run.who,
        "host": run.host,
        "tool": run.tool,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "from": run.from_version,
        "to": run.to_version,
        "reason": run.reason,
        "steps": run.steps.iter().flat_map(|steps| steps.lines()).collect::<Vec<_>>(),
        "result": run.result,
        "error": run.error,
    })
}

fn record_as_text(record: &Record) -> String {
    let Record { version, name, checksum, at, tool, up, down, irreversible, effect, runs } = record;
    let mut text = format!("{version:04} {name}\nchecksum {checksum}\n");
    if let Some(at) = at {
        let _ = writeln!(text, "applied at {at} by partbook {}", if tool.is_empty() { "before 0.1" } else { tool });
    }
    let down = match (down, irreversible) {
        (_, Some(reason)) => format!("-- It cannot be taken back: {reason}"),
        (Some(down), None) => down.clone(),
        (None, None) => "-- There is no script.".to_owned(),
    };
    for (title, part) in [("up", up.as_str()), ("down", &down), ("effect", effect)] {
        let _ = writeln!(text, "\n-- {title}\n{}", part.trim_end());
    }
    if !runs.is_empty() {
        let _ = writeln!(text, "\n-- runs\n{}", runs.iter().map(run_as_text).collect::<String>().trim_end());
    }
    text
}

fn record_as_json(record: &Record) -> serde_json::Value {
    json!({
        "version": record.version,
        "name": record.name,
        "checksum": record.checksum,
        "at": record.at,
        "tool": record.tool,
        "up": record.up,
        "down": record.down,
        "irreversible": record.irreversible,
        "effect": record.effect.lines().collect::<Vec<_>>(),
        "runs": record.runs.iter().map(run_as_json).collect::<Vec<_>>(),
    })
}
