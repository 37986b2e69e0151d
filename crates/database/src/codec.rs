//! Domain values as a driver's parameters and columns.

use partbook_domain::{Kind, Timestamp, Value};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Row as _};

/// A parameter. Its kind decides the SQL type, so that one text is always prepared with the same types, null or not.
pub type BindValue = (Kind, Value);

/// An integer parameter.
#[must_use]
pub fn int(number: i64) -> BindValue {
    (Kind::Int, Value::Int(number))
}

/// A parameter of [`Dialect::is_among`](crate::Dialect::is_among).
#[must_use]
pub fn ids<'a>(ids: impl IntoIterator<Item = &'a i64>) -> BindValue {
    let ids: Vec<String> = ids.into_iter().map(i64::to_string).collect();
    (Kind::Text, Value::Text(format!("[{}]", ids.join(","))))
}

/// The values of one row, in the order of the columns.
pub type RowValues = Vec<Value>;

/// About how much memory the values of a row take up, bytes.
#[must_use]
pub fn size_of_row(columns: &[Value]) -> usize {
    let texts = columns.iter().map(|value| value.as_text().map_or(0, str::len));
    texts.sum::<usize>() + size_of_val(columns)
}

/// The number that a statement of one column answers; none when it answers no row, or null.
#[must_use]
pub fn first_int(rows: &[RowValues]) -> Option<i64> {
    rows.first()?.first()?.as_int()
}

pub(crate) fn to_postgres(arguments: Vec<BindValue>) -> Result<PgArguments, sqlx::Error> {
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
            (_, Value::Text(text)) => bound.add(Some(text)),
            (_, Value::Json(document)) => bound.add(Some(document.as_str())),
            _ => bound.add(None::<String>),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

pub(crate) fn to_sqlite(arguments: Vec<BindValue>) -> Result<SqliteArguments, sqlx::Error> {
    let mut bound = SqliteArguments::default();
    for (_, value) in arguments {
        match value {
            Value::Null => bound.add(None::<String>),
            Value::Bool(flag) => bound.add(flag),
            Value::Int(number) => bound.add(number),
            Value::Float(number) => bound.add(number),
            Value::Time(time) => bound.add(time.to_string()),
            Value::Text(text) => bound.add(text),
            Value::Json(document) => bound.add(document.as_str().to_owned()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

pub(crate) fn from_postgres(row: &PgRow, kinds: &[Kind]) -> Result<RowValues, sqlx::Error> {
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

pub(crate) fn from_sqlite(row: &SqliteRow, kinds: &[Kind]) -> Result<RowValues, sqlx::Error> {
    let column = |(index, kind): (usize, &Kind)| {
        Ok(match kind {
            Kind::Int => row.try_get_unchecked::<Option<i64>, _>(index)?.map(Value::Int),
            Kind::Float => float(row.try_get_unchecked(index)?),
            Kind::Bool => row.try_get_unchecked::<Option<i64>, _>(index)?.map(|flag| Value::Bool(flag != 0)),
            Kind::Time => row
                .try_get_unchecked::<Option<String>, _>(index)?
                .and_then(|text| Timestamp::parse(&text))
                .map(Value::Time),
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
