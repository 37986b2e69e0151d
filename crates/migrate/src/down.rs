//! Takes migrations back, all that were asked for or none.

use partbook_database::{AnyPool, Pool, StartError, reason};
use sqlx::{AssertSqlSafe, Connection as _, SqlSafeStr as _, SqlStr, raw_sql};

use crate::apply::begin_locked;
use crate::detect::{Found, detect};
use crate::embedded::embedded;
use crate::history::HISTORY;
use crate::plan::legacy;
use crate::script::{Direction, Script};

/// The scripts that lead back to a version, the newest first. Changes nothing.
///
/// # Errors
/// The database is not ours, or one of the migrations cannot be taken back.
pub async fn plan_down(pool: &Pool, to: i64) -> Result<Vec<Script>, StartError> {
    let applied = match detect(pool).await? {
        Found::Empty => return Ok(Vec::new()),
        Found::Ours(history) => history.applied,
        Found::Legacy => return Err(legacy()),
    };
    let has = |version| applied.iter().any(|applied| applied.version == version);
    let files = embedded(pool).iter().rev().filter(|file| file.version > to && has(file.version));
    files.map(|file| file.script(Direction::Down)).collect::<Result<_, _>>().map_err(StartError::Unfit)
}

/// Executes what [`plan_down`] planned, in one transaction.
///
/// # Errors
/// A script failed, or the database has other migrations meanwhile; then nothing was taken back.
pub async fn down(pool: &Pool, scripts: &[Script]) -> Result<(), StartError> {
    let done = match pool.any() {
        AnyPool::Postgres(pool) => on_postgres(pool, scripts).await,
        AnyPool::Sqlite(pool) => on_sqlite(pool, scripts).await,
    };
    done.map_err(StartError::Migration)
}

/// A script, and the statement that takes the migration out of the history.
fn statements(script: &Script) -> [SqlStr; 2] {
    [
        script.sql.into_sql_str(),
        AssertSqlSafe(format!("delete from {HISTORY} where version = {}", script.version)).into_sql_str(),
    ]
}

#[expect(clippy::disallowed_methods, reason = "the runner of the migrations")]
async fn on_postgres(pool: &sqlx::PgPool, scripts: &[Script]) -> Result<(), String> {
    let text = |error: sqlx::Error| reason(&error);
    let mut connection = pool.acquire().await.map_err(text)?.detach();
    let mut transaction = begin_locked(&mut connection).await.map_err(text)?;
    for script in scripts {
        let [statements, forget] = statements(script);
        let failed = |error| format!("taking back migration {}: {}", script.version, reason(&error));
        raw_sql(statements).execute(&mut *transaction).await.map_err(failed)?;
        let forgotten = raw_sql(forget).execute(&mut *transaction).await.map_err(failed)?;
        refuse_unless_forgotten(script, forgotten.rows_affected())?;
    }
    transaction.commit().await.map_err(text)?;
    connection.close().await.map_err(text)
}

#[expect(clippy::disallowed_methods, reason = "the runner of the migrations")]
async fn on_sqlite(pool: &sqlx::SqlitePool, scripts: &[Script]) -> Result<(), String> {
    let text = |error: sqlx::Error| reason(&error);
    let mut transaction = pool.begin_with("begin immediate").await.map_err(text)?;
    for script in scripts {
        let [statements, forget] = statements(script);
        let failed = |error| format!("taking back migration {}: {}", script.version, reason(&error));
        raw_sql(statements).execute(&mut *transaction).await.map_err(failed)?;
        let forgotten = raw_sql(forget).execute(&mut *transaction).await.map_err(failed)?;
        refuse_unless_forgotten(script, forgotten.rows_affected())?;
    }
    transaction.commit().await.map_err(text)
}

/// Another runner may have taken it back since the plan was made.
fn refuse_unless_forgotten(script: &Script, forgotten: u64) -> Result<(), String> {
    match forgotten {
        0 => Err(format!("migration {} was taken back by somebody else meanwhile; look again", script.version)),
        _ => Ok(()),
    }
}
