//! Where statements meet a driver: values are bound, rows are read as they arrive.

use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use partbook_domain::Kind;
use sqlx::{Executor, Postgres, SqlStr, Sqlite, query_with};

use crate::codec::{BindValue, RowValues, from_postgres, from_sqlite, size_of_row, to_postgres, to_sqlite};
use crate::error::Error;

/// Sends a statement to PostgreSQL; `keep` says whether it stays prepared.
pub(crate) fn postgres<'e, E>(
    executor: E,
    sql: SqlStr,
    values: Vec<BindValue>,
    kinds: &'e [Kind],
    keep: bool,
) -> BoxStream<'e, Result<RowValues, Error>>
where
    E: Executor<'e, Database = Postgres> + 'e,
{
    match to_postgres(values) {
        Ok(values) => {
            #[expect(clippy::disallowed_methods, reason = "the one place where statements are sent")]
            let rows = executor.fetch(query_with(sql, values).persistent(keep));
            rows.map(|row| from_postgres(&row?, kinds).map_err(Error::from)).boxed()
        }
        Err(error) => futures_util::stream::once(async { Err(error.into()) }).boxed(),
    }
}

/// Sends a statement to SQLite.
pub(crate) fn sqlite<'e, E>(
    executor: E,
    sql: SqlStr,
    values: Vec<BindValue>,
    kinds: &'e [Kind],
) -> BoxStream<'e, Result<RowValues, Error>>
where
    E: Executor<'e, Database = Sqlite> + 'e,
{
    match to_sqlite(values) {
        Ok(values) => {
            #[expect(clippy::disallowed_methods, reason = "the one place where statements are sent")]
            let rows = executor.fetch(query_with(sql, values));
            rows.map(|row| from_sqlite(&row?, kinds).map_err(Error::from)).boxed()
        }
        Err(error) => futures_util::stream::once(async { Err(error.into()) }).boxed(),
    }
}

/// Takes rows until they take up so much memory, bytes; whether these are all.
pub(crate) async fn take_rows(
    size: usize,
    mut rows: BoxStream<'_, Result<RowValues, Error>>,
) -> Result<(Vec<RowValues>, bool), Error> {
    let (mut taken, mut taken_size) = (Vec::new(), 0);
    while taken_size < size {
        let Some(row) = rows.try_next().await? else { return Ok((taken, true)) };
        taken_size += size_of_row(&row);
        taken.push(row);
    }
    Ok((taken, false))
}
