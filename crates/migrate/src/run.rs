//! Runs the scripts of migrations, one transaction each, and keeps the books: what is applied, what failed, and who ran what.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use partbook_database::{Connection, Dialect, Error, StartError};

use crate::books::{Books, Entry, Origin, State};
use crate::hindrance::{Hindrance, hindered, hindrance};
use crate::lock::RunnerLock;
use crate::lock_watch::LockWatch;
use crate::migrator::Migrator;
use crate::outlook::TableLock;
use crate::script::{Direction, Script};
use crate::statements;
use crate::transaction::{begin, prepare_outside};

/// How much of what a database says is told, characters.
const MAX_REASON_LENGTH: usize = 1000;

/// How often a migration is tried that finds its tables locked, and the pause before each new attempt.
const MAX_ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// A migration that was applied or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its number.
    pub version: i64,
    /// What it is about.
    pub name: String,
    /// How long it took.
    pub duration: Duration,
}

/// Who hears of each migration as soon as it is done.
pub type Progress<'a> = &'a mut (dyn FnMut(&Done) + Send);

/// How an attempt to run a script ended.
enum Attempt {
    /// It was run, and took so long.
    Done(Duration),
    /// Another runner was faster.
    DoneAlready,
    /// Rows are in the way; nothing was done.
    Hindered(Hindrance),
    /// What it left is not sound, and was taken back.
    Unsound(String),
}

/// Somebody who may run scripts now.
pub(crate) struct Runner<'a> {
    books: &'a Books,
    connection: Connection,
    /// Holds the lock until it is released.
    lock: RunnerLock,
    /// The number of this run in the books.
    run: String,
    /// What was done, for the books.
    steps: String,
    watch: LockWatch,
}

impl<'a> Runner<'a> {
    /// Opens the books, for somebody who has the lock already.
    pub(crate) async fn begin(
        migrator: &'a Migrator,
        lock: RunnerLock,
        command: &str,
        reason: Option<&str>,
    ) -> Result<Self, StartError> {
        let books = &migrator.books;
        let mut connection = migrator.pool.connection().await?;
        if books.own.dialect() == Dialect::Sqlite {
            // A table that is made anew would take the rows with it that point at the old one
            // (<https://www.sqlite.org/lang_altertable.html#otheralter>); what points nowhere is looked for afterwards.
            connection.execute("pragma foreign_keys = off").await?;
        }
        let run = patiently_open_books(&mut connection, books, command, reason)
            .await
            .map_err(|error| failed("the history of migrations cannot be written", &error.reason()))?;
        Ok(Self { books, connection, lock, run, steps: String::new(), watch: LockWatch::default() })
    }

    /// Runs a script and enters it into the books, in one transaction; nothing where another runner was faster.
    pub(crate) async fn execute(&mut self, script: &Script, progress: Progress<'_>) -> Result<(), StartError> {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(script).await {
                Ok(Attempt::Done(duration)) => {
                    let way = if script.direction == Direction::Up { "up" } else { "down" };
                    self.note(&format!("{way} {:04} {}: {} ms", script.version, script.name, duration.as_millis()));
                    progress(&Done { version: script.version, name: script.name.clone(), duration });
                    return Ok(());
                }
                Ok(Attempt::DoneAlready) => return Ok(()),
                Ok(Attempt::Hindered(Hindrance { version, what, .. })) => {
                    let end = self.books.end_run(&self.run, &self.steps, Some(&what));
                    let _ = self.connection.execute(&end).await;
                    return Err(StartError::Stuck(hindered(version, &what)));
                }
                Ok(Attempt::Unsound(fault)) => return Err(self.fail(script, &fault, true).await),
                Err(error) => error,
            };
            let _ = self.connection.execute("rollback").await;
            if !error.is_contention() || attempt == MAX_ATTEMPTS {
                return Err(self.fail(script, &error.reason(), !error.is_passing()).await);
            }
            tracing::warn!(version = script.version, attempt, reason = error.reason(), "a migration waits for a lock");
            tokio::time::sleep(PAUSE * attempt).await;
            attempt += 1;
        }
    }

    /// Runs the statements of a script one by one, outside a transaction. Whoever is cut off leaves an entry, and those that
    /// come later begin again: every statement does no harm a second time, and an index that is not finished is dropped first.
    async fn attempt_outside(&mut self, script: &Script) -> Result<Attempt, Error> {
        if self.is_done(script).await? {
            return Ok(Attempt::DoneAlready);
        }
        let since = Instant::now();
        if script.direction == Direction::Up {
            self.connection.execute(&self.books.enter(&entry(script, State::Begun, None))).await?;
        }
        prepare_outside(&mut self.connection, &self.books.own).await?;
        for statement in statements::split(&script.sql) {
            if let Some(index) = &statement.index {
                let asks = format!(
                    "select 'yes' from pg_index where indexrelid = to_regclass('{}') and not indisvalid",
                    index.replace('\'', "''")
                );
                if !self.connection.text_rows(&asks).await?.is_empty() {
                    self.connection.execute(&format!("drop index concurrently {index}")).await?;
                }
            }
            self.connection.execute(&statement.sql).await?;
        }
        let spent = since.elapsed();
        let end = match script.direction {
            Direction::Up => self.books.enter(&entry(script, State::Applied, Some(spent))),
            Direction::Down => self.books.strike_out(script.version),
        };
        self.connection.execute(&end).await?;
        // A pooler hands the connection on.
        self.connection.execute("reset all").await?;
        Ok(Attempt::Done(spent))
    }

    /// Whether another runner was faster.
    async fn is_done(&mut self, script: &Script) -> Result<bool, Error> {
        let asks = format!(
            "select 'yes' from {} where version = {} and state = 'applied'",
            self.books.own.table("migration"),
            script.version
        );
        let is_applied = !self.connection.text_rows(&asks).await?.is_empty();
        Ok(is_applied == (script.direction == Direction::Up))
    }

    async fn attempt(&mut self, script: &Script) -> Result<Attempt, Error> {
        if script.is_outside_transaction() && self.books.own.dialect() == Dialect::Postgres {
            return self.attempt_outside(script).await;
        }
        begin(&mut self.connection, &self.books.own).await?;
        if self.is_done(script).await? {
            self.connection.execute("rollback").await?;
            return Ok(Attempt::DoneAlready);
        }
        if let Some(check) = &script.check {
            // A query that writes leaves nothing.
            self.connection.execute("savepoint looking").await?;
            let rows = self.connection.text_rows(check).await?;
            self.connection.execute("rollback to savepoint looking").await?;
            if let Some(first) = rows.into_iter().next() {
                self.connection.execute("rollback").await?;
                return Ok(Attempt::Hindered(hindrance(script.version, first)));
            }
        }
        self.watch.before(&mut self.connection, &self.books.own).await?;
        let since = Instant::now();
        self.connection.execute(&script.sql).await?;
        if let Some(fault) = self.dangling().await? {
            self.connection.execute("rollback").await?;
            return Ok(Attempt::Unsound(fault));
        }
        let spent = since.elapsed();
        self.watch.after(&mut self.connection, &self.books.own).await?;
        let statement = match script.direction {
            Direction::Up => self.books.enter(&entry(script, State::Applied, Some(spent))),
            Direction::Down => self.books.strike_out(script.version),
        };
        self.connection.execute(&statement).await?;
        self.connection.execute("commit").await?;
        Ok(Attempt::Done(spent))
    }

    /// What points at rows that are not there, after a script, on SQLite, where nothing else looks.
    async fn dangling(&mut self) -> Result<Option<String>, Error> {
        if self.books.own.dialect() == Dialect::Postgres {
            return Ok(None);
        }
        let dangling = self.connection.text_rows("pragma foreign_key_check").await?;
        let first = dangling.first().and_then(|row| Some((row.first()?.as_deref()?, row.get(2)?.as_deref()?)));
        Ok(first.map(|(table, target)| {
            format!("it leaves {} row(s) that point at nothing, the first of {table} at {target}", dangling.len())
        }))
    }

    /// Enters a failure, as far as the database is able to, and says what it was. What is no fault of the migration, such as a
    /// server that goes away, is not entered: a start may try again.
    async fn fail(&mut self, script: &Script, reason: &str, is_its_fault: bool) -> StartError {
        let what = match script.direction {
            Direction::Up => format!("the database could not be brought up to date: migration {}", script.version),
            Direction::Down => format!("migration {} could not be taken back", script.version),
        };
        let reason = plain(reason);
        self.note(&format!("failed {:04} {}", script.version, script.name));
        if script.direction == Direction::Up && !script.is_outside_transaction() && is_its_fault {
            let entry = entry(script, State::Failed(reason.clone()), None);
            let _ = self.connection.execute(&self.books.enter(&entry)).await;
        }
        let _ = self.connection.execute(&self.books.end_run(&self.run, &self.steps, Some(&reason))).await;
        failed(&what, &reason)
    }

    /// Changes the books, all of it or nothing.
    pub(crate) async fn write(&mut self, statements: &str) -> Result<(), StartError> {
        let mut written = begin(&mut self.connection, &self.books.own).await;
        if written.is_ok() {
            written = self.connection.execute(statements).await;
        }
        if written.is_ok() {
            written = self.connection.execute("commit").await;
        }
        if let Err(error) = written {
            let _ = self.connection.execute("rollback").await;
            let _ = self.connection.execute(&self.books.end_run(&self.run, &self.steps, Some(&error.reason()))).await;
            return Err(failed("the history of migrations cannot be written", &error.reason()));
        }
        Ok(())
    }

    /// Has the locks looked at that scripts hold at their end.
    pub(crate) fn watch_locks(&mut self) {
        self.watch.turn_on();
    }

    /// Those of the last script; none where its statements ran each on its own, or nobody looked.
    pub(crate) fn locks_seen(&mut self) -> Option<Vec<TableLock>> {
        self.watch.take()
    }

    /// Adds a line to what the books say of this run.
    pub(crate) fn note(&mut self, step: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.steps, "{step}");
    }

    /// Closes the books, and lets the next runner work.
    pub(crate) async fn finish(self) -> Result<(), StartError> {
        self.finish_with(None).await
    }

    /// The same, with what was found to be wrong at the end.
    pub(crate) async fn finish_with(mut self, fault: Option<&str>) -> Result<(), StartError> {
        let end = self.books.end_run(&self.run, self.steps.trim_end(), fault);
        self.connection.execute(&end).await?;
        self.close().await
    }

    /// The same without a word in the books, which may be gone.
    pub(crate) async fn close(self) -> Result<(), StartError> {
        self.connection.close().await?;
        self.lock.release().await
    }
}

/// A text in one line, without what would move the cursor of a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).take(MAX_REASON_LENGTH).collect()
}

/// The same as [`open_books`], tried several times while somebody writes.
async fn patiently_open_books(
    connection: &mut Connection,
    books: &Books,
    command: &str,
    reason: Option<&str>,
) -> Result<String, Error> {
    let mut attempt = 1;
    loop {
        match open_books(connection, books, command, reason).await {
            Err(error) if error.is_contention() && attempt < MAX_ATTEMPTS => {
                let _ = connection.execute("rollback").await;
                tokio::time::sleep(PAUSE * attempt).await;
                attempt += 1;
            }
            opened => return opened,
        }
    }
}

/// Makes the tables of the books where there are none, with what a version before has left, and enters the run.
async fn open_books(
    connection: &mut Connection,
    books: &Books,
    command: &str,
    reason: Option<&str>,
) -> Result<String, Error> {
    begin(connection, &books.own).await?;
    connection.execute(&books.create_books()).await?;
    if !connection.text_rows(&books.asks_for_former()).await?.is_empty()
        && !connection.text_rows(&books.asks_whether_former_is_ours()).await?.is_empty()
    {
        connection.execute(&books.take_over_former()).await?;
    }
    let run = connection.text_value(&books.begin_run(command, reason)).await?;
    connection.execute("commit").await?;
    Ok(run.unwrap_or_default())
}

/// What is entered of a script that leads up.
fn entry(script: &Script, state: State, spent: Option<Duration>) -> Entry {
    Entry {
        version: script.version,
        name: script.name.clone(),
        checksum: script.checksum.clone(),
        state,
        origin: Origin::Run,
        is_compatible: script.directives.compatible.is_some(),
        is_optional: script.directives.optional.is_some(),
        effect: Some(script.effect.clone()),
        script: Some(script.source.clone()),
        at: String::new(),
        milliseconds: spent.map(|spent| i64::try_from(spent.as_millis()).unwrap_or(i64::MAX)),
        tool: String::new(),
    }
}

fn failed(what: &str, reason: &str) -> StartError {
    StartError::Migration(format!("{what}: {reason}{}", remedy(reason)))
}

/// What to do about a reason, where that is known.
fn remedy(reason: &str) -> &'static str {
    if reason.contains("permission denied") {
        "; the role needs the right to create tables and schemas"
    } else if reason.contains("readonly database") {
        "; the file, its write-ahead log or their directory belongs to another user: `chown` all three to the user that \
         runs Partbook"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_rights_are_told_with_what_to_do() {
        for (reason, told) in [
            ("permission denied for schema public", "the role needs the right to create tables and schemas"),
            ("attempt to write a readonly database", "`chown` all three to the user that runs Partbook"),
        ] {
            let message = failed("migration 1", reason).to_string();
            assert!(message.starts_with(&format!("migration 1: {reason}; ")) && message.contains(told), "{message}");
        }
        assert_eq!(failed("migration 1", "disk full").to_string(), "migration 1: disk full");
    }
}
