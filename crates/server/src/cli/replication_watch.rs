//! Tells of the copies of a PostgreSQL database while the service runs.

use std::time::Duration;

use metrics::gauge;
use partbook_database::Pool;
use tokio::time::sleep;

/// How often the server is asked.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);

/// Looks now and then, for as long as the service runs. What is not known is no number.
pub(super) async fn watch(pool: Pool) {
    loop {
        let lag = match pool.replication().await {
            Ok(None) => return,
            Ok(Some(replication)) => {
                gauge!("partbook_pg_standbys").set(f64::from(replication.standbys));
                replication.lag
            }
            Err(error) => {
                tracing::debug!(%error, "the server could not be asked for its standbys");
                None
            }
        };
        gauge!("partbook_pg_replication_lag_seconds").set(lag.unwrap_or(f64::NAN));
        sleep(LOOK_INTERVAL).await;
    }
}
