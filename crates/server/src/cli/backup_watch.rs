//! Tells of the backups while the service runs: when one was last verified, and how the last attempt ended.

use std::time::Duration;

use metrics::gauge;
use partbook_backup::{BackupError, Store};
use partbook_domain::Timestamp;
use tokio::time::sleep;

/// How often the backups are looked at. Of an object store each look is paid for.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);
const REMOTE_LOOK_INTERVAL: Duration = Duration::from_mins(10);

/// Looks now and then, for as long as the service runs. What there is none of is zero.
pub(super) async fn watch(store: Store, database: String) {
    let interval = if store.is_remote() { REMOTE_LOOK_INTERVAL } else { LOOK_INTERVAL };
    loop {
        if let Err(error) = export(&store, &database).await {
            tracing::warn!(%error, "the backups cannot be looked at");
        }
        sleep(interval).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a double")]
async fn export(store: &Store, database: &str) -> Result<(), BackupError> {
    let verified = store.last_verified(database).await?.map(|backup| backup.manifest);
    let verified = verified.as_ref();
    gauge!("partbook_backup_last_verified_timestamp_seconds")
        .set(verified.map_or(0.0, |manifest| seconds(&manifest.taken_at)));
    gauge!("partbook_backup_size_bytes").set(verified.map_or(0.0, |manifest| manifest.size as f64));
    gauge!("partbook_backup_duration_seconds")
        .set(verified.map_or(0.0, |manifest| manifest.milliseconds as f64 / 1000.0));
    // A file that cannot be read says nothing: what it said before stays.
    let attempt = store.last_attempt().await?;
    let failed = attempt.as_ref().is_some_and(|attempt| attempt.error.is_some());
    gauge!("partbook_backup_last_attempt_timestamp_seconds").set(attempt.map_or(0.0, |attempt| seconds(&attempt.at)));
    gauge!("partbook_backup_last_attempt_failed").set(if failed { 1.0 } else { 0.0 });
    Ok(())
}

/// A moment as Prometheus has it.
#[expect(clippy::cast_precision_loss, reason = "seconds are far from what a double cannot tell apart")]
fn seconds(text: &str) -> f64 {
    Timestamp::parse(text).map_or(0.0, |time| time.to_utc().and_utc().timestamp() as f64)
}
