//! How long responses are stored, and how much of them in all.

use std::sync::Arc;
use std::time::Duration;

use partbook_database::{Session, Violation, int};
use partbook_domain::{Entity, Kind, Refusal, Timestamp, Value};
use partbook_telemetry::error_chain;

use crate::context::Context;
use crate::error::Error;
use crate::observe::background_task;
use crate::statements::stored_responses::OVERHEAD;
use crate::write::{Write, transact};

/// How long a response is stored.
pub const RETENTION: Duration = Duration::from_hours(24);

/// How many responses are deleted in one transaction: writers of a SQLite file have to wait for each portion, not for all
/// of them.
const PORTION: i64 = 1_000;

/// What is stored for idempotency keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredTotal {
    /// How many keys.
    pub keys: u64,
    /// How much they count, bytes.
    pub bytes: u64,
    /// How much they may, bytes.
    pub max: u64,
}

/// Notes that a response was stored. Where that may have been too much, the oldest are deleted in the background.
pub(crate) fn note_stored(context: &Arc<Context>, body: usize) {
    if !context.storage_limit.is_due(body) {
        return;
    }
    let context = context.clone();
    tokio::spawn(async move {
        if let Err(error) = background_task("delete_excess", delete_excess(&context)).await {
            tracing::warn!(
                error = error_chain(&error),
                "responses to idempotency keys over the limit could not be deleted"
            );
        }
        context.storage_limit.checked();
    });
}

/// Deletes the responses that are too old, and the oldest of too many, unless another process does.
pub(crate) async fn delete_expired(context: &Context) -> Result<(), Error> {
    if !context.supports_idempotency() {
        return Ok(());
    }
    delete_until(context, context.clock.now().earlier(RETENTION)).await?;
    delete_excess(context).await
}

/// Deletes the oldest responses until the rest is within the limit.
async fn delete_excess(context: &Context) -> Result<(), Error> {
    let max = i64::try_from(context.storage_limit.max).unwrap_or(i64::MAX);
    let rows = context.database.rows(&context.stored_responses().excess, vec![int(max)], &[Kind::Time]).await?;
    let Some([Value::Time(excess)]) = rows.first().map(Vec::as_slice) else { return Ok(()) };
    let deleted = delete_until(context, *excess).await?;
    metrics::counter!("partbook_idempotency_keys_evicted_total").increment(deleted);
    Ok(())
}

/// Deletes the responses that were stored until then, and says how many there were. When another process deletes some, it is left to
/// that one.
async fn delete_until(context: &Context, newest: Timestamp) -> Result<u64, Error> {
    let (portion, mut total) = (Portion { newest }, 0);
    loop {
        let Some(deleted) = transact(context, &portion).await? else {
            tracing::debug!("another process deletes responses to idempotency keys");
            return Ok(total);
        };
        total += deleted.unsigned_abs();
        if deleted < PORTION {
            return Ok(total);
        }
    }
}

/// How much is stored.
pub(crate) async fn stored_total(context: &Context) -> Result<StoredTotal, Error> {
    let max = context.storage_limit.max;
    if !context.supports_idempotency() {
        return Ok(StoredTotal { max, ..StoredTotal::default() });
    }
    let kinds = [Kind::Int, Kind::Int];
    let rows = context.database.rows(&context.stored_responses().total, Vec::new(), &kinds).await?;
    let number = |column: usize| rows.first().and_then(|row| row[column].as_int()).unwrap_or_default().unsigned_abs();
    let keys = number(0);
    Ok(StoredTotal { keys, bytes: number(1) + keys * OVERHEAD, max })
}

/// Some of the responses that were stored until `newest`.
struct Portion {
    newest: Timestamp,
}

impl Write for Portion {
    /// How many there were; none where another process deletes some.
    type Done = Option<i64>;

    fn locks(&self, _: &Context) -> Option<&'static Entity> {
        None
    }

    async fn work(&self, context: &Context, session: &mut Session) -> Result<Option<i64>, Error> {
        if let Some(statement) = context.dialect.try_lock_sweep() {
            let rows = session.rows(&statement, Vec::new(), &[Kind::Bool]).await?;
            if !matches!(rows.first().map(Vec::as_slice), Some([Value::Bool(true)])) {
                return Ok(None);
            }
        }
        let values = vec![(Kind::Time, Value::Time(self.newest)), int(PORTION)];
        let deleted = session.rows(&context.stored_responses().delete_portion, values, &[Kind::Int]).await?;
        Ok(Some(i64::try_from(deleted.len()).unwrap_or(i64::MAX)))
    }

    async fn explain(&self, _: &Context, _: &Violation) -> Result<Option<Refusal>, Error> {
        Ok(None)
    }
}
