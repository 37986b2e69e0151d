//! Who ran migrations, when, and how it ended: what the runners have entered into the books.

use partbook_database::{Dialect, Pool, StartError};

use crate::detect::detect;
use crate::own::Own;

/// How many runs are read, the latest ones.
const MAX_RUNS: u32 = 100;

/// A run of the migrations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// `up`, `down` or `serve`.
    pub command: String,
    /// The user on the machine.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The version of Partbook.
    pub tool: String,
    /// When it began, RFC 3339, UTC.
    pub started_at: String,
    /// When it ended; none while it runs, and for one that was cut off.
    pub finished_at: Option<String>,
    /// `done` or `failed`.
    pub result: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Reads the latest runs, the newest first. Changes nothing.
///
/// # Errors
/// The database does not answer, may not be read, or belongs to another program.
pub async fn runs(pool: &Pool) -> Result<Vec<Run>, StartError> {
    detect(pool).await?;
    let own = Own::of(pool).await?;
    if !own.has(pool, "migration_run").await? {
        return Ok(Vec::new());
    }
    let time = |column: &str| match Dialect::of(pool) {
        Dialect::Postgres => format!("to_char({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"),
        Dialect::Sqlite => column.to_owned(),
    };
    let query = format!(
        "select command, who, host, tool, {}, {}, result, error from {} order by id desc limit {MAX_RUNS}",
        time("started_at"),
        time("finished_at"),
        own.table("migration_run")
    );
    let run = |row: Vec<Option<String>>| {
        let [command, who, host, tool, started_at, finished_at, result, error] =
            <[Option<String>; 8]>::try_from(row).ok()?;
        let text = Option::unwrap_or_default;
        Some(Run {
            command: text(command),
            who: text(who),
            host: text(host),
            tool: text(tool),
            started_at: text(started_at),
            finished_at,
            result,
            error,
        })
    };
    Ok(pool.text_rows(&query).await?.into_iter().filter_map(run).collect())
}
