//! Runs the scripts of migrations, one transaction each, and keeps the books: what is applied, what failed, and who ran what.
//!
//! One runner works at a time. On PostgreSQL it holds an advisory lock in a transaction of its own, since a pooler that hands
//! server connections on would lose the lock of a session; on SQLite the transaction of each script is the file's one writer, and
//! looks again what is applied.

use std::time::{Duration, Instant};

use partbook_database::{Connection, Dialect, Error, Pool, StartError};

use crate::history::FORMER_HISTORY;
use crate::own::Own;
use crate::script::{Direction, Script};

/// The key of the advisory lock that two runners on one PostgreSQL database take one after the other.
const MIGRATION_LOCK: i64 = 0x7061_7274_626f_6f6b;

/// How long a runner waits for another one.
const RUNNER_TIMEOUT: &str = "10min";

/// How long a statement waits for a lock on a table that somebody works with, before the migration is tried again.
const LOCK_TIMEOUT: &str = "5s";

/// How often a migration is tried that finds its tables locked, and the pause before each new attempt.
const MAX_ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// The version of this program, which is written into the books.
const TOOL: &str = env!("CARGO_PKG_VERSION");

/// Somebody who may run scripts now.
pub(crate) struct Runner {
    dialect: Dialect,
    own: Own,
    connection: Connection,
    /// Holds the lock until it is closed.
    lock: Option<Connection>,
    /// The number of this run in the books.
    run: Option<String>,
}

impl Runner {
    /// Waits until no other runner works, and opens the books.
    pub(crate) async fn start(pool: &Pool, own: Own, command: &str) -> Result<Self, StartError> {
        let dialect = Dialect::of(pool);
        let lock = match dialect {
            Dialect::Postgres => Some(lock(pool).await?),
            Dialect::Sqlite => None,
        };
        let connection = pool.connection().await?;
        let mut runner = Self { dialect, own, connection, lock, run: None };
        runner.open_books().await.map_err(|error| failed("the history of migrations cannot be written", &error))?;
        runner.run = runner
            .note_start(command)
            .await
            .map_err(|error| failed("the history of migrations cannot be written", &error))?;
        Ok(runner)
    }

    /// Runs a script and enters it into the books, in one transaction. Says how long it took; none where another runner was
    /// faster.
    pub(crate) async fn execute(&mut self, script: &Script) -> Result<Option<Duration>, StartError> {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(script).await {
                Ok(duration) => return Ok(duration),
                Err(error) => error,
            };
            let _ = self.connection.execute("rollback").await;
            if !error.is_contention() || attempt == MAX_ATTEMPTS {
                let what = match script.direction {
                    Direction::Up => {
                        format!("the database could not be brought up to date: migration {}", script.version)
                    }
                    Direction::Down => format!("migration {} could not be taken back", script.version),
                };
                let failure = failed(&what, &error);
                // A fault of the database itself may keep that from being entered, too.
                let _ = self.note_failure(script, &error.reason()).await;
                return Err(failure);
            }
            tracing::warn!(version = script.version, attempt, reason = error.reason(), "a migration waits for a lock");
            tokio::time::sleep(PAUSE * attempt).await;
            attempt += 1;
        }
    }

    async fn attempt(&mut self, script: &Script) -> Result<Option<Duration>, Error> {
        self.begin().await?;
        let table = self.own.table("migration");
        let state = format!("select state from {table} where version = {}", script.version);
        let state = self
            .connection
            .text_rows(&state)
            .await?
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next().flatten());
        let is_applied = state.as_deref() == Some("applied");
        if is_applied == (script.direction == Direction::Up) {
            self.connection.execute("rollback").await?;
            return Ok(None);
        }
        let begin = Instant::now();
        self.connection.execute(script.sql).await?;
        let spent = begin.elapsed();
        let entry = match script.direction {
            Direction::Up => format!(
                "insert into {table} (version, name, checksum, state, at, milliseconds, tool) \
                 values ({}, {}, {}, 'applied', {}, {}, {}) \
                 on conflict (version) do update set name = excluded.name, checksum = excluded.checksum, \
                 state = excluded.state, at = excluded.at, milliseconds = excluded.milliseconds, tool = excluded.tool, \
                 error = null",
                script.version,
                quote(&script.name),
                quote(&script.checksum),
                self.now(),
                spent.as_millis(),
                quote(TOOL)
            ),
            Direction::Down => format!("delete from {table} where version = {}", script.version),
        };
        self.connection.execute(&entry).await?;
        self.connection.execute("commit").await?;
        Ok(Some(spent))
    }

    async fn begin(&mut self) -> Result<(), Error> {
        match self.dialect {
            Dialect::Sqlite => self.connection.execute("begin immediate").await,
            Dialect::Postgres => {
                let begin =
                    format!("begin; set local lock_timeout = '{LOCK_TIMEOUT}'; set local statement_timeout = 0");
                self.connection.execute(&begin).await?;
                // Where the catalog is, there the next tables go, even if a schema has since come before it on the path.
                let stay = "select set_config('search_path', quote_ident(n.nspname) || ', ' || current_setting('search_path'), true)
                    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass('cpu')";
                self.connection.execute(stay).await
            }
        }
    }

    /// Makes the tables of the books where there are none, with what a version before has left.
    async fn open_books(&mut self) -> Result<(), Error> {
        let (migration, run) = (self.own.table("migration"), self.own.table("migration_run"));
        let (integer, time, id) = match self.dialect {
            Dialect::Postgres => ("bigint", "timestamp", "bigserial primary key"),
            Dialect::Sqlite => ("integer", "text", "integer primary key autoincrement"),
        };
        let now = self.now();
        self.begin().await?;
        let mut script = self.own.create_schema().unwrap_or_default();
        script += &format!(
            "create table if not exists {migration} (
                version {integer} primary key,
                name text not null,
                checksum text not null,
                state text not null check (state in ('applied', 'failed')),
                at {time} not null,
                milliseconds {integer},
                tool text not null,
                error text
            );
            create table if not exists {run} (
                id {id},
                command text not null,
                who text not null,
                host text not null,
                tool text not null,
                started_at {time} not null default ({now}),
                finished_at {time},
                result text,
                error text
            );"
        );
        self.connection.execute(&script).await?;
        self.take_over_former(&migration).await?;
        self.connection.execute("commit").await
    }

    async fn take_over_former(&mut self, migration: &str) -> Result<(), Error> {
        let (exists, checksum, at) = match self.dialect {
            Dialect::Postgres => (
                format!("select 'yes' where to_regclass('{FORMER_HISTORY}') is not null"),
                "encode(checksum, 'hex')",
                "installed_on at time zone 'UTC'",
            ),
            Dialect::Sqlite => (
                format!("select 'yes' from sqlite_schema where type = 'table' and name = '{FORMER_HISTORY}'"),
                "lower(hex(checksum))",
                "strftime('%Y-%m-%dT%H:%M:%SZ', installed_on)",
            ),
        };
        if self.connection.text_rows(&exists).await?.is_empty() {
            return Ok(());
        }
        let take_over = format!(
            "insert into {migration} (version, name, checksum, state, at, milliseconds, tool)
             select version, description, {checksum}, 'applied', {at}, execution_time / 1000000, ''
             from {FORMER_HISTORY} where true
             on conflict (version) do nothing;
             drop table {FORMER_HISTORY};"
        );
        self.connection.execute(&take_over).await
    }

    async fn note_start(&mut self, command: &str) -> Result<Option<String>, Error> {
        let table = self.own.table("migration_run");
        let insert = format!(
            "insert into {table} (command, who, host, tool) values ({}, {}, {}, {}) returning cast(id as text)",
            quote(command),
            quote(&who()),
            quote(&host()),
            quote(TOOL)
        );
        Ok(self
            .connection
            .text_rows(&insert)
            .await?
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next().flatten()))
    }

    async fn note_failure(&mut self, script: &Script, error: &str) -> Result<(), Error> {
        let table = self.own.table("migration");
        let (error_text, now) = (quote(error), self.now());
        if script.direction == Direction::Up {
            let entry = format!(
                "insert into {table} (version, name, checksum, state, at, tool, error) values ({}, {}, {}, 'failed', {now}, {}, {error_text}) \
                 on conflict (version) do update set state = excluded.state, at = excluded.at, tool = excluded.tool, error = excluded.error",
                script.version,
                quote(&script.name),
                quote(&script.checksum),
                quote(TOOL)
            );
            self.connection.execute(&entry).await?;
        }
        self.note_end("failed", &error_text).await
    }

    async fn note_end(&mut self, result: &str, error: &str) -> Result<(), Error> {
        let (table, now) = (self.own.table("migration_run"), self.now());
        let Some(run) = &self.run else { return Ok(()) };
        let update =
            format!("update {table} set finished_at = {now}, result = '{result}', error = {error} where id = {run}");
        self.connection.execute(&update).await
    }

    /// Closes the books, and lets the next runner work.
    pub(crate) async fn finish(mut self) -> Result<(), StartError> {
        self.note_end("done", "null").await?;
        self.connection.close().await?;
        if let Some(lock) = self.lock {
            lock.close().await?;
        }
        Ok(())
    }

    fn now(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres => "clock_timestamp() at time zone 'UTC'",
            Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')",
        }
    }
}

async fn lock(pool: &Pool) -> Result<Connection, StartError> {
    let mut connection = pool.connection().await?;
    // It waits for longer than statements may run, and rests in its transaction until the last migration is done.
    let take = format!(
        "begin; set local lock_timeout = '{RUNNER_TIMEOUT}'; set local statement_timeout = 0; \
         set local idle_in_transaction_session_timeout = 0; select pg_advisory_xact_lock({MIGRATION_LOCK})"
    );
    connection.execute(&take).await.map_err(|error| {
        if error.is_contention() {
            return StartError::Migration(format!(
                "another runner has been at work on the database for {RUNNER_TIMEOUT}; `partbook migrate history` says who"
            ));
        }
        error.into()
    })?;
    Ok(connection)
}

fn failed(what: &str, error: &Error) -> StartError {
    let reason = error.reason();
    let hint = if reason.contains("permission denied") {
        "; the role needs the right to create tables and schemas"
    } else {
        ""
    };
    StartError::Migration(format!("{what}: {reason}{hint}"))
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Who runs this, as the system calls them.
fn who() -> String {
    let name = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// The machine that this runs on.
fn host() -> String {
    let name = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let name = name.or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok());
    name.map_or_else(|| "unknown".to_owned(), |name| name.trim().to_owned())
}
