//! Tells of the schema while the service runs: how far it has come, and whether somebody else has changed it.

use std::time::Duration;

use metrics::{counter, gauge};
use partbook_database::{Pool, StartError};
use partbook_migrate::{Health, Migrator};
use tokio::time::sleep;

/// How often the schema is looked at.
const LOOK_INTERVAL: Duration = Duration::from_hours(1);

/// The same after it could not be looked at: somebody may have locked a table, or the database may be away.
const RETRY_INTERVAL: Duration = Duration::from_mins(1);

/// Looks now and then, for as long as the service runs. Nothing is served otherwise for what is found.
pub(super) async fn watch(pool: Pool) {
    let mut told = Vec::new();
    loop {
        let mut pause = LOOK_INTERVAL;
        match look(&pool).await {
            // A legacy database has no history that it could differ from.
            Ok(None) => return,
            Ok(Some(health)) => {
                export(&health);
                let differences: Vec<String> = health.drift.iter().map(ToString::to_string).collect();
                if differences != told {
                    tell(&differences);
                    told = differences;
                }
            }
            Err(error) => {
                tracing::debug!(%error, "the schema could not be looked at");
                pause = RETRY_INTERVAL;
            }
        }
        sleep(pause).await;
    }
}

async fn look(pool: &Pool) -> Result<Option<Health>, StartError> {
    Migrator::new(pool).await?.health().await
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a double")]
fn export(health: &Health) {
    gauge!("partbook_schema_version").set(health.version as f64);
    gauge!("partbook_migrations_pending").set(health.pending as f64);
    gauge!("partbook_schema_drift").set(health.drift.len() as f64);
    counter!("partbook_migrations_total", "result" => "done").absolute(health.runs_done);
    counter!("partbook_migrations_total", "result" => "failed").absolute(health.runs_failed);
    gauge!("partbook_migrations_last_run_failed").set(if health.last_run_failed { 1.0 } else { 0.0 });
}

fn tell(differences: &[String]) {
    if let Some(first) = differences.first() {
        tracing::warn!(
            differences = differences.len(),
            first,
            "the schema is not what the migrations made; `partbook migrate drift` shows all, and what would heal it"
        );
    } else {
        tracing::info!("the schema is what the migrations made, again");
    }
}
