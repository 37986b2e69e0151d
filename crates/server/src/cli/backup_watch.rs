//! Tells of the backups while the service runs: when one was last verified, and how the last attempt ended.

use std::time::Duration;

use metrics::gauge;
use partbook_backup::Store;
use partbook_domain::Timestamp;
use tokio::time::sleep;

/// How often the directory of the backups is read.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);

/// Looks now and then, for as long as the service runs. Nothing is told where there is no such directory.
pub(super) async fn watch(store: Store, database: String) {
    loop {
        if store.directory().is_dir() {
            let looked = tokio::task::spawn_blocking({
                let (store, database) = (store.clone(), database.clone());
                move || export(&store, &database)
            });
            let _ = looked.await;
        }
        sleep(LOOK_INTERVAL).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a double")]
fn export(store: &Store, database: &str) {
    if let Some(backup) = store.last_verified(database) {
        let manifest = &backup.manifest;
        gauge!("partbook_backup_last_verified_timestamp_seconds").set(seconds(&manifest.taken_at));
        gauge!("partbook_backup_size_bytes").set(manifest.size as f64);
        gauge!("partbook_backup_duration_seconds").set(manifest.milliseconds as f64 / 1000.0);
    }
    if let Ok(Some(attempt)) = store.last_attempt() {
        gauge!("partbook_backup_last_attempt_timestamp_seconds").set(seconds(&attempt.at));
        gauge!("partbook_backup_last_attempt_failed").set(if attempt.error.is_some() { 1.0 } else { 0.0 });
    }
}

/// A moment as Prometheus has it.
#[expect(clippy::cast_precision_loss, reason = "seconds are far from what a double cannot tell apart")]
fn seconds(text: &str) -> f64 {
    Timestamp::parse(text).map_or(0.0, |time| time.to_utc().and_utc().timestamp() as f64)
}
