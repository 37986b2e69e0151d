//! Who ran migrations, when, and how it ended: what the runners have entered into the books.

use nix::unistd::{User, getuid};
use partbook_database::{Dialect, OwnTables, Pool, StartError};

use super::{Books, TOOL, quote, quote_or_null, time};

/// How many runs are read, the latest ones.
const MAX_RUNS: u32 = 100;

/// A run of the migrations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// `up`, `down`, `adopt`, `repair`, `stamp` or `serve`.
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
    /// The version of the schema that it began with.
    pub from_version: i64,
    /// The one that it left; none while it runs.
    pub to_version: Option<i64>,
    /// Why, where somebody had to say so.
    pub reason: Option<String>,
    /// What it did, a line for each migration.
    pub steps: Option<String>,
    /// `done` or `failed`.
    pub result: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

impl Books {
    /// The statement that enters the beginning of a run, and says its number.
    pub(crate) fn begin_run(&self, command: &str, reason: Option<&str>) -> String {
        format!(
            "insert into {} (command, who, host, tool, reason, from_version, backend) \
             values ({}, {}, {}, {}, {}, {}, {}) returning cast(id as text)",
            self.own.table("migration_run"),
            quote(command),
            quote(&who()),
            quote(&host()),
            quote(TOOL),
            quote_or_null(reason),
            self.version(),
            match self.own.dialect() {
                Dialect::Postgres => "pg_backend_pid()",
                Dialect::Sqlite => "null",
            },
        )
    }

    /// The question which sessions the newest run waits for, on PostgreSQL.
    pub(crate) fn asks_for_blockers(&self) -> String {
        format!(
            "select format('%s (%s, %s) since %s', pid, usename, coalesce(nullif(application_name, ''), state),
                to_char(xact_start at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))
             from pg_stat_activity
             where pid = any (pg_blocking_pids((select backend::integer from {} order by id desc limit 1)))
             order by pid",
            self.own.table("migration_run")
        )
    }

    /// The expression of the highest number that is applied.
    fn version(&self) -> String {
        format!("(select coalesce(max(version), 0) from {} where state = 'applied')", self.own.table("migration"))
    }

    /// The statement that enters the end of a run.
    pub(crate) fn end_run(&self, run: &str, steps: &str, error: Option<&str>) -> String {
        format!(
            "update {} set finished_at = {}, to_version = {}, steps = {}, result = '{}', error = {} where id = {run}",
            self.own.table("migration_run"),
            self.now(),
            self.version(),
            quote(steps),
            if error.is_none() { "done" } else { "failed" },
            quote_or_null(error),
        )
    }
}

/// Reads the latest runs, the newest first.
pub(crate) async fn read_runs(pool: &Pool, own: &OwnTables) -> Result<Vec<Run>, StartError> {
    if !own.has(pool, "migration_run").await? {
        return Ok(Vec::new());
    }
    let dialect = Dialect::of(pool);
    let query = format!(
        "select command, who, host, tool, {}, {}, cast(from_version as text), cast(to_version as text), reason, steps, result, error
         from {} order by id desc limit {MAX_RUNS}",
        time(dialect, "started_at"),
        time(dialect, "finished_at"),
        own.table("migration_run")
    );
    Ok(pool.text_rows(&query).await?.into_iter().filter_map(run).collect())
}

fn run(row: Vec<Option<String>>) -> Option<Run> {
    let [command, who, host, tool, started_at, finished_at, from_version, to_version, reason, steps, result, error] =
        <[Option<String>; 12]>::try_from(row).ok()?;
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
    Some(Run {
        command: command?,
        who: who?,
        host: host?,
        tool: tool?,
        started_at: started_at?,
        finished_at,
        from_version: number(from_version)?,
        to_version: number(to_version),
        reason,
        steps: steps.filter(|steps| !steps.is_empty()),
        result,
        error,
    })
}

/// Who runs this, as the system calls them.
fn who() -> String {
    let user = User::from_uid(getuid()).ok().flatten();
    user.map_or_else(|| getuid().to_string(), |user| user.name)
}

/// The machine that this runs on.
fn host() -> String {
    let name = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let name = name.or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok());
    name.map_or_else(|| "unknown".to_owned(), |name| name.trim().to_owned())
}
