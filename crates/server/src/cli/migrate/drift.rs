//! `partbook migrate drift`.

use partbook_database::catalogue::Definition;
use partbook_migrate::{Difference, Drift};
use serde_json::json;

use super::Report;
use crate::cli::output::{Failure, print};

/// Prints the differences, and the SQL that heals them. Changes nothing.
pub(super) async fn run(report: Report) -> Result<(), Failure> {
    let opened = report.open().await?;
    let drift = partbook_migrate::drift(&opened.pool).await.map_err(Failure::trouble)?;
    let lines: Vec<String> = drift.told().map(Difference::to_string).collect();
    let text = if report.json { as_json(&drift) } else { as_text(&lines, &drift) };
    let failure = format!("the schema of {} has {} difference(s)", opened.url, lines.len());
    opened.close().await;
    print(&text)?;
    if drift.is_empty() { Ok(()) } else { Err(Failure::Run(failure)) }
}

fn as_text(lines: &[String], drift: &Drift) -> String {
    if drift.is_empty() {
        return "The schema is as the migrations made it.\n".to_owned();
    }
    format!("{}\n\n-- This would heal it:\n{}\n", lines.join("\n"), drift.healing.join("\n"))
}

fn as_json(drift: &Drift) -> String {
    let differences = drift.differences.iter().map(|Difference { expected, found }| {
        let subject = expected.as_ref().or(found.as_ref()).map(Definition::subject);
        let text = |definition: &Option<_>| definition.as_ref().map(|it: &Definition| it.text.clone());
        json!({"subject": subject, "expected": text(expected), "found": text(found)})
    });
    format!("{:#}\n", json!({"differences": differences.collect::<Vec<_>>(), "healing": drift.healing}))
}
