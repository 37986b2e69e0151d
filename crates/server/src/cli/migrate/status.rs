//! `partbook migrate status`.

use clap::Args;
use serde_json::json;

use super::Common;
use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// Lists the migrations. Changes nothing.
pub(super) async fn run(Arguments { json, common }: Arguments) -> Result<(), Failure> {
    let opened = common.open(false).await.map_err(Failure::into_trouble)?;
    let migrations =
        partbook_migrate::status(&opened.pool).await.map_err(|error| Failure::Trouble(error.to_string()))?;
    let pending = migrations.iter().filter(|migration| migration.applied_at.is_none()).count();
    let text = if json {
        let migrations =
            migrations.iter().map(|it| json!({"version": it.version, "name": it.name, "applied_at": it.applied_at}));
        let version =
            migrations.clone().filter(|it| !it["applied_at"].is_null()).map(|it| it["version"].clone()).next_back();
        let status = json!({
            "database": opened.url.to_string(),
            "version": version.unwrap_or_else(|| json!(0)),
            "pending": pending,
            "migrations": migrations.collect::<Vec<_>>(),
        });
        format!("{status:#}\n")
    } else {
        let state = |applied_at: &Option<String>| applied_at.clone().unwrap_or_else(|| "pending".to_owned());
        migrations.iter().map(|it| format!("{:04}  {:<24}  {}\n", it.version, it.name, state(&it.applied_at))).collect()
    };
    opened.close().await;
    print(&text)?;
    match pending {
        0 => Ok(()),
        pending => Err(Failure::Run(format!("{pending} migration(s) pending; `partbook migrate up` applies them"))),
    }
}
