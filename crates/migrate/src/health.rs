//! What the service tells of its schema: how far it has come, whether somebody else has changed it, and how runs ended.

use partbook_database::StartError;

use crate::detect::{Found, detect};
use crate::drift::Difference;
use crate::migrator::Migrator;

/// The state of a schema of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The highest number that is applied.
    pub version: i64,
    /// How many migrations are not applied that should be.
    pub pending: usize,
    /// In what it differs from what the applied migrations made.
    pub drift: Vec<Difference>,
    /// How many runs of migrations have come to their end.
    pub runs_done: u64,
    /// How many have failed.
    pub runs_failed: u64,
    /// Whether the latest of those has failed.
    pub last_run_failed: bool,
}

impl Migrator {
    /// Looks at the schema; none for a legacy database, which has no history. Changes nothing.
    ///
    /// # Errors
    /// The database does not answer, or belongs to another program.
    pub async fn health(&self) -> Result<Option<Health>, StartError> {
        if detect(self).await? == Found::Legacy {
            return Ok(None);
        }
        let status = self.status().await?;
        let drift = self.drift().await?;
        let (mut runs_done, mut runs_failed) = (0, 0);
        let runs =
            format!("select result, cast(count(*) as text) from {} group by result", self.own().table("migration_run"));
        for row in self.pool.text_rows(&runs).await? {
            let [result, count] = <[Option<String>; 2]>::try_from(row).unwrap_or_default();
            let count = count.and_then(|count| count.parse().ok()).unwrap_or_default();
            match result.as_deref() {
                Some("done") => runs_done = count,
                Some("failed") => runs_failed = count,
                _ => {}
            }
        }
        let latest = format!(
            "select result from {} where result is not null order by id desc limit 1",
            self.own().table("migration_run")
        );
        let latest = self.pool.text_rows(&latest).await?.into_iter().flatten().next().flatten();
        Ok(Some(Health {
            version: status.version,
            pending: status.pending(),
            drift: drift.told().cloned().collect(),
            runs_done,
            runs_failed,
            last_run_failed: latest.as_deref() == Some("failed"),
        }))
    }
}
