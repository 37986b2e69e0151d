//! Applies what a database lacks, all or none.

use partbook_database::{AnyPool, Pool, StartError, reason, use_write_ahead_log};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Postgres, SqlitePool, Transaction, raw_sql};

use crate::detect::{Found, detect};
use crate::embedded::migrator;
use crate::history::{HISTORY, History};
use crate::plan::{Migration, legacy, migrations};

/// The key of the advisory lock that two processes starting on one PostgreSQL database take one after the other.
const MIGRATION_LOCK: i64 = 0x7061_7274_626f_6f6b;

/// Applies what is missing to a database that is empty or ours, up to a version or all of it, and returns what it applied.
///
/// # Errors
/// The database belongs to another program, is newer than this program, or is legacy; or a migration failed, and then
/// none was applied.
pub async fn up(pool: &Pool, last: Option<i64>) -> Result<Vec<Migration>, StartError> {
    match detect(pool).await? {
        Found::Empty | Found::Ours(_) => apply_pending(pool, last).await,
        Found::Legacy => Err(legacy()),
    }
}

/// Applies what is missing to a database that is known to be empty or ours. One that lacks nothing is only read: the
/// service's role need not have the right to create anything.
pub(crate) async fn apply_pending(pool: &Pool, last: Option<i64>) -> Result<Vec<Migration>, StartError> {
    use_write_ahead_log(pool).await?;
    let before = match detect(pool).await? {
        Found::Ours(history) => migrations(&history),
        _ => migrations(&History::empty(pool)),
    };
    let is_wanted = |version| last.is_none_or(|last| version <= last);
    let is_pending = |migration: &Migration| migration.applied_at.is_none() && is_wanted(migration.version);
    let pending: Vec<Migration> = before.into_iter().filter(is_pending).collect();
    if pending.is_empty() {
        return Ok(pending);
    }
    let mut migrator = migrator(pool, last);
    // Both ways below hold a lock that a pooler does not lose.
    migrator.set_locking(false);
    let applied = match pool.any() {
        AnyPool::Postgres(pool) => apply_postgres(pool, &migrator).await,
        AnyPool::Sqlite(pool) => apply_sqlite(pool, &migrator).await,
    };
    applied.map_err(|error| failed(&error))?;
    Ok(pending)
}

fn failed(error: &MigrateError) -> StartError {
    let text = match error {
        MigrateError::Execute(error) => reason(error),
        MigrateError::ExecuteMigration(error, version) => format!("migration {version}: {}", reason(error)),
        error => error.to_string(),
    };
    let hint = if text.contains("permission denied") { "; the role needs the right to create tables" } else { "" };
    StartError::Migration(format!("{text}{hint}"))
}

/// On a connection of its own, since the migrator leaves prepared statements behind. Everything happens in one
/// transaction, which a pooler keeps on one server connection.
#[expect(clippy::disallowed_methods, reason = "the runner of the migrations")]
async fn apply_postgres(pool: &PgPool, migrator: &Migrator) -> Result<(), MigrateError> {
    let mut connection = pool.acquire().await?.detach();
    let mut transaction = begin_locked(&mut connection).await?;
    // What an earlier run left on a server connection that a pooler hands on would be in the way.
    raw_sql("deallocate all").execute(&mut *transaction).await?;
    migrator.run(&mut *transaction).await?;
    raw_sql("deallocate all").execute(&mut *transaction).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}

/// Begins a transaction that excludes other runners until it ends.
#[expect(clippy::disallowed_methods, reason = "the runner of the migrations")]
pub(crate) async fn begin_locked(connection: &mut PgConnection) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    raw_sql(AssertSqlSafe(format!("select pg_advisory_xact_lock({MIGRATION_LOCK})")))
        .execute(&mut *transaction)
        .await?;
    // Where the history is, there the next tables go, even if a schema has since come before it on the search path.
    let stay = format!(
        "select set_config('search_path', quote_ident(n.nspname) || ', ' || current_setting('search_path'), true)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass('{HISTORY}')"
    );
    raw_sql(AssertSqlSafe(stay)).execute(&mut *transaction).await?;
    Ok(transaction)
}

/// SQLite's write lock, taken at once, has two processes that start on one file wait for each other.
async fn apply_sqlite(pool: &SqlitePool, migrator: &Migrator) -> Result<(), MigrateError> {
    let mut transaction = pool.begin_with("begin immediate").await?;
    migrator.run(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}
