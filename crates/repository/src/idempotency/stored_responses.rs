//! The responses to requests that may be sent again, as they are stored.

use std::time::Duration;

use partbook_database::{Session, Statement, Violation, int};
use partbook_domain::{Entity, FieldErrors, Kind, Refusal, Timestamp, Value};

use super::key::IdempotencyKey;
use crate::context::Context;
use crate::error::Error;
use crate::statements::tables::STORED_RESPONSES;
use crate::write::request::Written;
use crate::write::{Write, transact};

/// How long a response is stored.
pub const RETENTION: Duration = Duration::from_hours(24);

/// How many expired responses are deleted in one transaction: writers of a SQLite file have to wait for each portion, not
/// for all of them.
const EXPIRED_PORTION: i64 = 1_000;

/// A response as it is stored: what a client gets, apart from what each request has of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    /// The status: 201, or 422.
    pub status: u16,
    /// Where the row is, when there is one.
    pub location: Option<String>,
    /// The row as it is shown, or an object with the members `errors` and `detail` of the problem.
    pub body: String,
}

impl StoredResponse {
    pub(super) fn created(entity: &Entity, written: &Written) -> Self {
        Self {
            status: 201,
            location: Some(format!("{}/{}", entity.path(), written.id)),
            body: String::from_utf8_lossy(&written.body).into_owned(),
        }
    }

    pub(super) fn invalid(errors: &FieldErrors) -> Self {
        let mut members = errors.members();
        members.insert("detail".to_owned(), errors.to_string().into());
        let body = serde_json::Value::Object(members).to_string();
        Self { status: 422, location: None, body }
    }
}

/// The response that was stored for the key since `oldest`.
///
/// # Errors
/// It was stored for another body.
pub(super) async fn load(
    session: &mut Session,
    key: &IdempotencyKey,
    oldest: Timestamp,
) -> Result<Option<StoredResponse>, Error> {
    let sql = "select body_hash, status, location, answer from idempotency_key \
               where method = $1 and path = $2 and idempotency_key = $3 and created_at > $4";
    let mut values = key.values();
    values.push((Kind::Time, Value::Time(oldest)));
    let kinds = [Kind::Text, Kind::Int, Kind::Text, Kind::Text];
    let rows = session.rows(&Statement::select(STORED_RESPONSES, sql), values, &kinds).await?;
    let Some([Value::Text(body_hash), Value::Int(status), location, Value::Text(body)]) =
        rows.first().map(Vec::as_slice)
    else {
        return Ok(None);
    };
    if *body_hash != key.body_hash {
        return Err(Refusal::IdempotencyKeyReused.into());
    }
    let status = u16::try_from(*status).unwrap_or_default();
    let location = location.as_text().map(str::to_owned);
    Ok(Some(StoredResponse { status, location, body: body.clone() }))
}

/// Stores the response to a key.
pub(super) async fn save(
    session: &mut Session,
    key: &IdempotencyKey,
    response: &StoredResponse,
    now: Timestamp,
) -> Result<(), Error> {
    // One that has expired and has not been deleted yet.
    let expired = "delete from idempotency_key where method = $1 and path = $2 and idempotency_key = $3";
    session.execute(&Statement::delete(STORED_RESPONSES, expired), key.values()).await?;
    let sql = "insert into idempotency_key \
               (method, path, idempotency_key, body_hash, status, location, answer, created_at) \
               values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let text = |text: &str| Value::Text(text.to_owned());
    let mut values = key.values();
    values.extend([
        (Kind::Text, text(&key.body_hash)),
        (Kind::Int, Value::Int(response.status.into())),
        (Kind::Text, response.location.as_deref().map_or(Value::Null, text)),
        (Kind::Text, text(&response.body)),
        (Kind::Time, Value::Time(now)),
    ]);
    Ok(session.execute(&Statement::insert(STORED_RESPONSES, sql), values).await?)
}

/// Deletes the responses that are too old.
pub(crate) async fn delete_expired(context: &Context) -> Result<(), Error> {
    if !context.supports_idempotency {
        return Ok(());
    }
    let portion = ExpiredPortion { oldest: context.clock.now().earlier(RETENTION) };
    while transact(context, &portion).await? == EXPIRED_PORTION {}
    Ok(())
}

/// Some of the responses that are too old.
struct ExpiredPortion {
    oldest: Timestamp,
}

impl Write for ExpiredPortion {
    /// How many there were.
    type Done = i64;

    fn locks(&self) -> Option<&'static Entity> {
        None
    }

    async fn work(&self, _: &Context, session: &mut Session) -> Result<i64, Error> {
        let sql = "delete from idempotency_key where (method, path, idempotency_key) in (
                select method, path, idempotency_key from idempotency_key where created_at <= $1 limit $2
            ) returning status";
        let values = vec![(Kind::Time, Value::Time(self.oldest)), int(EXPIRED_PORTION)];
        let deleted = session.rows(&Statement::delete(STORED_RESPONSES, sql), values, &[Kind::Int]).await?;
        Ok(i64::try_from(deleted.len()).unwrap_or(i64::MAX))
    }

    async fn explain(&self, _: &Context, _: &Violation) -> Result<Option<Refusal>, Error> {
        Ok(None)
    }
}
