//! Looks after the servers that are read from while the service runs.

use std::time::Duration;

use partbook_database::Replicas;
use tokio::time::sleep;

/// How often the servers are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Looks now and then, for as long as the service runs.
pub(super) async fn watch(replicas: Replicas) {
    loop {
        sleep(LOOK_INTERVAL).await;
        replicas.look().await;
    }
}
