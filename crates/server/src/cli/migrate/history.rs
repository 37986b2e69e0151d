//! `partbook migrate history`.

use partbook_migrate::Run;
use serde_json::json;

use super::Report;
use crate::cli::output::{Failure, print};

/// Lists who ran migrations. Changes nothing.
pub(super) async fn run(report: Report) -> Result<(), Failure> {
    let opened = report.open().await?;
    let runs = partbook_migrate::runs(&opened.pool).await.map_err(Failure::trouble)?;
    opened.close().await;
    let text = if report.json {
        let runs: Vec<_> = runs.iter().map(as_json).collect();
        format!("{:#}\n", json!({"runs": runs}))
    } else {
        runs.iter().map(as_line).collect()
    };
    print(&text)
}

fn as_line(run: &Run) -> String {
    let Run { command, who, host, tool, started_at, result, error, .. } = run;
    let end = match (result.as_deref(), error) {
        (Some(result), Some(error)) => format!("{result}: {error}"),
        (Some(result), None) => result.to_owned(),
        (None, _) => "not finished".to_owned(),
    };
    format!("{started_at}  {command:<6} {who}@{host}, partbook {tool}: {end}\n")
}

fn as_json(run: &Run) -> serde_json::Value {
    json!({
        "command": run.command,
        "who": run.who,
        "host": run.host,
        "tool": run.tool,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "result": run.result,
        "error": run.error,
    })
}
