//! `partbook migrate drift`.

use std::path::PathBuf;

use clap::Args;
use partbook_database::Dialect;
use partbook_database::catalogue::Definition;
use partbook_migrate::{Difference, Drift};
use serde_json::json;

use super::Report;
use super::new::{Statements, write_files};
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Write the statements that heal the differences into a migration of this name, to be reviewed
    #[arg(long, value_name = "NAME")]
    write: Option<String>,

    /// Where that migration goes, in the folders postgres and sqlite
    #[arg(long, value_name = "DIRECTORY", default_value = "migrations", requires = "write")]
    into: PathBuf,

    #[command(flatten)]
    report: Report,
}

/// Prints the differences, and the SQL that heals them. Changes no database.
pub(super) async fn run(Arguments { write, into, report }: Arguments) -> Result<(), Failure> {
    let opened = report.open().await?;
    let drift = opened.migrator.drift().await.map_err(Failure::trouble)?;
    let lines: Vec<String> = drift.told().map(Difference::to_string).collect();
    let text = if report.json { as_json(&drift) } else { as_text(&lines, &drift) };
    let failure = format!("the schema of {} has {} difference(s)", opened.url, lines.len());
    let dialect = opened.dialect();
    opened.close().await;
    print(&text)?;
    if drift.is_empty() {
        return Ok(());
    }
    if let Some(name) = write {
        let statements = match dialect {
            Dialect::Postgres => Statements { postgres: drift.healing, ..Statements::default() },
            Dialect::Sqlite => Statements { sqlite: drift.healing, ..Statements::default() },
        };
        let written = write_files(&into, &name, &statements)?;
        if !report.json {
            print(&format!("\n{written}"))?;
        }
    }
    Err(Failure::Run(failure))
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
