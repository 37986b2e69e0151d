//! Statements on either database: parameters and columns go in and come out as domain values, typed by their kind.

use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use partbook_domain::{Kind, Timestamp, Value};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Executor, Postgres, Row as _, SqlSafeStr, SqlStr, Sqlite, Transaction, query_with};

use crate::dialect::Dialect;
use crate::{Error, Pool};

/// A parameter. Its kind decides the SQL type, so that one text is always prepared with the same types, null or not.
pub(crate) type Argument = (Kind, Value);

/// An integer parameter.
pub(crate) fn int(number: i64) -> Argument {
    (Kind::Int, Value::Int(number))
}

/// The values of one row, in the order of the columns.
pub(crate) type Columns = Vec<Value>;

/// Runs a query on a connection of the pool.
pub(crate) async fn rows(
    pool: &Pool,
    sql: impl SqlSafeStr,
    arguments: Vec<Argument>,
    kinds: &[Kind],
) -> Result<Vec<Columns>, Error> {
    match pool {
        Pool::Postgres(pool) => postgres(pool, sql.into_sql_str(), arguments, kinds).try_collect().await,
        Pool::Sqlite(pool) => sqlite(pool, sql.into_sql_str(), arguments, kinds).try_collect().await,
    }
}

/// Runs a query and yields its rows as they arrive.
pub(crate) fn stream<'a>(
    pool: &'a Pool,
    sql: SqlStr,
    arguments: Vec<Argument>,
    kinds: &'a [Kind],
) -> BoxStream<'a, Result<Columns, Error>> {
    match pool {
        Pool::Postgres(pool) => postgres(pool, sql, arguments, kinds),
        Pool::Sqlite(pool) => sqlite(pool, sql, arguments, kinds),
    }
}

/// A transaction that writes. Dropped without [`Session::commit`], it is rolled back.
pub(crate) enum Session {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

impl Session {
    pub(crate) async fn begin(pool: &Pool) -> Result<Self, Error> {
        let begin = Dialect::of(pool).begin();
        Ok(match pool {
            Pool::Postgres(pool) => Self::Postgres(pool.begin_with(begin).await?),
            Pool::Sqlite(pool) => Self::Sqlite(pool.begin_with(begin).await?),
        })
    }

    pub(crate) async fn rows(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
        kinds: &[Kind],
    ) -> Result<Vec<Columns>, Error> {
        match self {
            Self::Postgres(transaction) => {
                postgres(&mut **transaction, sql.into_sql_str(), arguments, kinds).try_collect().await
            }
            Self::Sqlite(transaction) => {
                sqlite(&mut **transaction, sql.into_sql_str(), arguments, kinds).try_collect().await
            }
        }
    }

    /// Runs a statement that answers no rows and returns how many it touched.
    pub(crate) async fn execute(&mut self, sql: impl SqlSafeStr, arguments: Vec<Argument>) -> Result<u64, Error> {
        let sql = sql.into_sql_str();
        Ok(match self {
            Self::Postgres(transaction) => {
                query_with(sql, to_postgres(arguments)?).execute(&mut **transaction).await?.rows_affected()
            }
            Self::Sqlite(transaction) => {
                query_with(sql, to_sqlite(arguments)?).execute(&mut **transaction).await?.rows_affected()
            }
        })
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        let _: () = match self {
            Self::Postgres(transaction) => transaction.commit().await?,
            Self::Sqlite(transaction) => transaction.commit().await?,
        };
        Ok(())
    }
}

fn postgres<'e, E>(
    executor: E,
    sql: SqlStr,
    arguments: Vec<Argument>,
    kinds: &'e [Kind],
) -> BoxStream<'e, Result<Columns, Error>>
where
    E: Executor<'e, Database = Postgres> + 'e,
{
    match to_postgres(arguments) {
        Ok(arguments) => {
            let rows = executor.fetch(query_with(sql, arguments));
            rows.map(|row| from_postgres(&row?, kinds).map_err(Error::from)).boxed()
        }
        Err(error) => futures_util::stream::once(async { Err(error.into()) }).boxed(),
    }
}

fn sqlite<'e, E>(
    executor: E,
    sql: SqlStr,
    arguments: Vec<Argument>,
    kinds: &'e [Kind],
) -> BoxStream<'e, Result<Columns, Error>>
where
    E: Executor<'e, Database = Sqlite> + 'e,
{
    match to_sqlite(arguments) {
        Ok(arguments) => {
            let rows = executor.fetch(query_with(sql, arguments));
            rows.map(|row| from_sqlite(&row?, kinds).map_err(Error::from)).boxed()
        }
        Err(error) => futures_util::stream::once(async { Err(error.into()) }).boxed(),
    }
}

fn to_postgres(arguments: Vec<Argument>) -> Result<PgArguments, sqlx::Error> {
    let mut bound = PgArguments::default();
    for (kind, value) in arguments {
        match (kind, value) {
            (Kind::Int, value) => bound.add(value.as_int()),
            (Kind::Float, Value::Float(number)) => bound.add(Some(number)),
            (Kind::Float, _) => bound.add(None::<f64>),
            (Kind::Bool, Value::Bool(flag)) => bound.add(Some(flag)),
            (Kind::Bool, _) => bound.add(None::<bool>),
            (Kind::Time, Value::Time(time)) => bound.add(Some(time.to_utc())),
            (Kind::Time, _) => bound.add(None::<chrono::NaiveDateTime>),
            (_, Value::Text(text) | Value::Json(text)) => bound.add(Some(text)),
            _ => bound.add(None::<String>),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

fn to_sqlite(arguments: Vec<Argument>) -> Result<SqliteArguments, sqlx::Error> {
    let mut bound = SqliteArguments::default();
    for (_, value) in arguments {
        match value {
            Value::Null => bound.add(None::<String>),
            Value::Bool(flag) => bound.add(flag),
            Value::Int(number) => bound.add(number),
            Value::Float(number) => bound.add(number),
            Value::Time(time) => bound.add(time.to_string()),
            Value::Text(text) | Value::Json(text) => bound.add(text),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

fn from_postgres(row: &PgRow, kinds: &[Kind]) -> Result<Columns, sqlx::Error> {
    let column = |(index, kind): (usize, &Kind)| {
        Ok(match kind {
            Kind::Int => row
                .try_get::<Option<i32>, _>(index)
                .map(|number| number.map(i64::from))
                .or_else(|_| row.try_get::<Option<i64>, _>(index))?
                .map(Value::Int),
            Kind::Float => float(row.try_get(index)?),
            Kind::Bool => row.try_get::<Option<bool>, _>(index)?.map(Value::Bool),
            Kind::Time => {
                row.try_get::<Option<chrono::NaiveDateTime>, _>(index)?.map(Timestamp::from_utc).map(Value::Time)
            }
            Kind::Absent => None,
            kind => return Ok(text(*kind, row.try_get(index)?)),
        }
        .unwrap_or(Value::Null))
    };
    kinds.iter().enumerate().map(column).collect()
}

fn from_sqlite(row: &SqliteRow, kinds: &[Kind]) -> Result<Columns, sqlx::Error> {
    let column = |(index, kind): (usize, &Kind)| {
        Ok(match kind {
            Kind::Int => row.try_get_unchecked::<Option<i64>, _>(index)?.map(Value::Int),
            Kind::Float => float(row.try_get_unchecked(index)?),
            Kind::Bool => row.try_get_unchecked::<Option<i64>, _>(index)?.map(|flag| Value::Bool(flag != 0)),
            Kind::Time => {
                row.try_get_unchecked::<Option<String>, _>(index)?.map(|text| time(index, &text)).transpose()?
            }
            Kind::Absent => None,
            kind => return Ok(text(*kind, row.try_get_unchecked(index)?)),
        }
        .unwrap_or(Value::Null))
    };
    kinds.iter().enumerate().map(column).collect()
}

/// JSON has no NaN and no infinity; another program may have stored one, and it reads as unknown.
fn float(number: Option<f64>) -> Option<Value> {
    number.filter(|number| number.is_finite()).map(Value::Float)
}

fn text(kind: Kind, text: Option<String>) -> Value {
    if kind.is_json() { kind.stored_document(text) } else { text.map_or(Value::Null, Value::Text) }
}

fn time(index: usize, text: &str) -> Result<Value, sqlx::Error> {
    Timestamp::parse(text).map(Value::Time).ok_or_else(|| sqlx::Error::ColumnDecode {
        index: index.to_string(),
        source: format!("{text:?} is not a date and time").into(),
    })
}
