//! What another program holds locked, and who waits for it.

use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, raw_sql};

use super::Database;
use super::contract::Entity;

/// A transaction of the test's own that nobody can write past. Dropping it lets go.
pub(crate) enum Lock {
    /// Of a whole file: SQLite knows no other.
    Sqlite(SqliteConnection),
    /// Of whatever the transaction asked for.
    Postgres(PgConnection),
}

impl Lock {
    /// Holds one row.
    pub(crate) async fn take(database: &Database, entity: &Entity, id: &Value) -> Self {
        Self::by(database, &format!("select id from {} where id = {id} for update", entity.table)).await
    }

    /// Lets nobody write a table; reading it goes on.
    pub(crate) async fn of_table(database: &Database, table: &str) -> Self {
        Self::by(database, &format!("lock table {table} in exclusive mode")).await
    }

    /// Holds what a statement of PostgreSQL's locks; on SQLite the whole file, whatever it is.
    pub(crate) async fn by(database: &Database, statement: &str) -> Self {
        let url = database.url();
        let Some(file) = url.strip_prefix("sqlite://") else {
            let mut connection = PgConnection::connect(&url).await.expect("PostgreSQL");
            let sql = format!("begin; {statement}");
            raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("a lock");
            return Self::Postgres(connection);
        };
        let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(10));
        let mut connection = options.connect().await.expect("SQLite");
        raw_sql("begin immediate").execute(&mut connection).await.expect("a lock");
        Self::Sqlite(connection)
    }

    pub(crate) async fn release(self) {
        self.end("rollback").await;
    }

    /// Changes something, and lets go.
    pub(crate) async fn change_and_release(self, statement: &str) {
        self.end(&format!("{statement}; commit")).await;
    }

    async fn end(mut self, statements: &str) {
        let statements = AssertSqlSafe(statements.to_owned());
        let outcome = match &mut self {
            Self::Sqlite(connection) => raw_sql(statements).execute(connection).await.map(drop),
            Self::Postgres(connection) => raw_sql(statements).execute(connection).await.map(drop),
        };
        outcome.expect("a release");
    }
}

impl Database {
    /// Waits until that many sessions of this PostgreSQL database wait for a lock.
    pub(crate) async fn waited_for(&self, sessions: usize) {
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        let begin = Instant::now();
        while self.value(waiting).await != Some(sessions.to_string()) {
            assert!(begin.elapsed().as_secs() < 30, "nobody waits for the lock");
        }
    }
}
