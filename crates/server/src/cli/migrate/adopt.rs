//! `partbook migrate adopt`.

use clap::Args;
use partbook_migrate::Survey;
use serde_json::json;

use super::Common;
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only compare, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    common: Common,
}

/// Compares a legacy database with what the first migration makes, and takes it over when nothing is missing.
pub(super) async fn run(Arguments { dry_run, json, common }: Arguments) -> Result<(), Failure> {
    let opened = common.open(false).await?;
    let survey = opened.migrator.survey().await?;
    let is_adopted = !dry_run && survey.differences.is_empty();
    if is_adopted {
        opened.migrator.adopt(&survey).await?;
    }
    let database = opened.url.to_string();
    opened.close().await;
    print(&if json { as_json(&survey, is_adopted) } else { as_text(&survey, &database, is_adopted) })?;
    match survey.differences.len() {
        0 => Ok(()),
        count => Err(Failure::Run(format!(
            "{database} cannot be adopted: {count} difference(s). Nothing was changed; mend them, or serve it as it is"
        ))),
    }
}

fn as_text(survey: &Survey, database: &str, is_adopted: bool) -> String {
    let mut text = String::new();
    for difference in &survey.differences {
        text += &format!("differs  {difference}\n");
    }
    for piece in &survey.besides {
        text += &format!("besides  {piece}\n");
    }
    for piece in &survey.gone {
        text += &format!("gone     {piece}\n");
    }
    for (version, name) in &survey.has_already {
        text += &format!("has      {version:04} {name}\n");
    }
    if is_adopted && survey.is_adopted {
        text += &format!("what {database} has besides is entered, and what is gone is struck out\n");
    } else if is_adopted {
        text += &format!("{database} is adopted; `partbook migrate up --dry-run` shows what applies to it\n");
    } else if survey.differences.is_empty() && survey.is_adopted {
        text += &format!("{database} is adopted; this would be entered, and nothing was changed\n");
    } else if survey.differences.is_empty() {
        text += &format!("{database} can be adopted; nothing was changed\n");
    }
    text
}

fn as_json(survey: &Survey, is_adopted: bool) -> String {
    let has_already: Vec<_> =
        survey.has_already.iter().map(|(version, name)| json!({"version": version, "name": name})).collect();
    let report = json!({
        "adopted": is_adopted,
        "differences": survey.differences,
        "besides": survey.besides,
        "gone": survey.gone,
        "has_already": has_already,
    });
    format!("{report:#}\n")
}
