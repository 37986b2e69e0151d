//! How far the copies of a PostgreSQL database are behind.

use crate::error::Error;
use crate::pool::{AnyPool, Pool};

/// How many standbys there are, and how far behind, in seconds.
///
/// A standby that receives has nothing to replay where both positions are equal; one that receives nothing is as old as what it
/// replayed last. Of other sessions a role without `pg_monitor` sees that they are there, and no more: then nothing is known.
const REPLICATION: &str = "
    select
        0::text,
        (case
            when exists (select from pg_stat_wal_receiver) and pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
            else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())
        end)::text
    where pg_is_in_recovery()
    union all
    select
        count(*)::text,
        (case when count(*) = count(state) then coalesce(max(extract(epoch from replay_lag)), 0) end)::text
    from pg_stat_replication
    where state is distinct from 'backup'
    having not pg_is_in_recovery()";

/// What a PostgreSQL server tells of its copies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replication {
    /// How many standbys follow it; none where it is one.
    pub standbys: u32,
    /// How far the last of them is behind, or the server itself where it is a standby, seconds; none where the role may not know.
    pub lag: Option<f64>,
}

impl Pool {
    /// What the server tells of the copies of the database; none on SQLite.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn replication(&self) -> Result<Option<Replication>, Error> {
        if matches!(self.any(), AnyPool::Sqlite(_)) {
            return Ok(None);
        }
        let rows = self.text_rows(REPLICATION).await?;
        Ok(rows.first().map(|row| {
            let value = |index: usize| row.get(index)?.as_deref();
            Replication {
                standbys: value(0).and_then(|count| count.parse().ok()).unwrap_or_default(),
                lag: value(1).and_then(|seconds| seconds.parse().ok()),
            }
        }))
    }
}
