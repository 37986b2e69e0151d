//! Applies what a database lacks, one migration after the other.

use partbook_database::{Pool, StartError, use_write_ahead_log};

use crate::embedded::embedded;
use crate::history::{Failed, History};
use crate::own::Own;
use crate::plan::{own_history, pending_scripts};
use crate::run::Runner;
use crate::script::Script;

/// Applies what is missing to a database that is empty or ours, up to a version or all of it, and returns what it applied. A
/// migration that failed before is tried again.
///
/// # Errors
/// The database belongs to another program, is newer than this program, or is legacy; or a migration failed: those before it
/// stay applied, and nothing of it remains but an entry in the history.
pub async fn up(pool: &Pool, last: Option<i64>) -> Result<Vec<Script>, StartError> {
    apply_pending(pool, own_history(pool).await?, last, "up").await
}

/// Applies what is missing at a start.
///
/// # Errors
/// As [`up`]; and a migration failed at an earlier start: it would only fail again, and a supervisor would go on starting.
pub(crate) async fn apply_at_start(pool: &Pool, history: History) -> Result<Vec<Script>, StartError> {
    if let Some(Failed { version, at, error }) = &history.failed {
        return Err(StartError::Stuck(format!(
            "migration {version} failed at {at}: {error}. It is not tried again at a start: mend the cause, then \
             `partbook migrate up`"
        )));
    }
    apply_pending(pool, history, None, "serve").await
}

/// Applies what is missing to a database that is known to be empty or ours. One that lacks nothing is only read: the
/// service's role need not have the right to create anything.
async fn apply_pending(
    pool: &Pool,
    history: History,
    last: Option<i64>,
    command: &str,
) -> Result<Vec<Script>, StartError> {
    use_write_ahead_log(pool).await?;
    let pending = pending_scripts(embedded(pool), &history, last)?;
    if pending.is_empty() && (history.applied.is_empty() || !history.is_former) {
        return Ok(Vec::new());
    }
    let mut runner = Runner::start(pool, Own::of(pool).await?, command).await?;
    let mut applied = Vec::new();
    for script in pending {
        // None where another runner was faster.
        if runner.execute(&script).await?.is_some() {
            applied.push(script);
        }
    }
    runner.finish().await?;
    Ok(applied)
}
