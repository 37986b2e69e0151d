//! What another program holds locked, and who waits for it.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Database;
use crate::contract::Entity;
use crate::sql::Connection;

/// How long anybody may take to wait. Generous: the machine may be busy.
const WAITING_TIMEOUT: Duration = Duration::from_secs(30);

/// A transaction of the test's own that nobody can write past: of a whole file on SQLite, which knows no other lock, and
/// of whatever was asked for on PostgreSQL. Dropping it lets go.
#[derive(Debug)]
pub struct Lock(Connection);

impl Lock {
    /// Holds one row.
    pub async fn take(database: &Database, entity: &Entity, id: &Value) -> Self {
        Self::by(database, &format!("select id from {} where id = {id} for update", entity.table)).await
    }

    /// Lets nobody write a table; reading it goes on.
    pub async fn of_table(database: &Database, table: &str) -> Self {
        Self::by(database, &format!("lock table {table} in exclusive mode")).await
    }

    /// Holds what a statement of PostgreSQL's locks; on SQLite the whole file, whatever it is.
    pub async fn by(database: &Database, statement: &str) -> Self {
        let mut connection = database.connect().await;
        connection.begin().await;
        if !connection.is_sqlite() {
            connection.run(statement).await;
        }
        Self(connection)
    }

    /// Lets go.
    pub async fn release(mut self) {
        self.0.run("rollback").await;
    }

    /// Changes something, and lets go.
    pub async fn change_and_release(mut self, statement: &str) {
        self.0.run(&format!("{statement}; commit")).await;
    }
}

impl Database {
    /// Waits until that many sessions of this PostgreSQL database wait for a lock.
    ///
    /// # Panics
    /// They do not.
    pub async fn waited_for(&self, sessions: usize) {
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        let mut watcher = self.connect().await;
        let begin = Instant::now();
        while watcher.value(waiting).await != Some(sessions.to_string()) {
            assert!(begin.elapsed() < WAITING_TIMEOUT, "nobody waits for the lock");
        }
        watcher.close().await;
    }
}
