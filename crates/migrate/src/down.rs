//! Takes migrations back, one after the other.

use partbook_database::{Pool, StartError};

use crate::detect::{Found, detect};
use crate::embedded::embedded;
use crate::own::Own;
use crate::plan::{check_version, legacy};
use crate::run::Runner;
use crate::script::{Direction, Script};

/// The scripts that lead back to a version, the newest first. Changes nothing.
///
/// # Errors
/// The database is not ours, or one of the migrations cannot be taken back.
pub async fn plan_down(pool: &Pool, to: i64) -> Result<Vec<Script>, StartError> {
    let history = match detect(pool).await? {
        Found::Empty => return Ok(Vec::new()),
        Found::Ours(history) => history,
        Found::Legacy => return Err(legacy()),
    };
    check_version(embedded(pool).iter().map(|file| file.version), to)?;
    let files = embedded(pool).iter().rev().filter(|file| file.version > to && history.has(file.version));
    files.map(|file| file.script(Direction::Down)).collect::<Result<_, _>>().map_err(StartError::Unfit)
}

/// Executes what [`plan_down`] planned; what somebody else has taken back meanwhile is left out.
///
/// # Errors
/// A script failed; nothing of it was done, and those before it were taken back.
pub async fn down(pool: &Pool, scripts: &[Script]) -> Result<(), StartError> {
    let mut runner = Runner::start(pool, Own::of(pool).await?, "down").await?;
    for script in scripts {
        runner.execute(script).await?;
    }
    runner.finish().await
}
