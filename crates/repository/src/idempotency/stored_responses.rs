//! The responses to requests that may be sent again, as they are stored.

use partbook_database::Session;
use partbook_domain::{Entity, FieldErrors, Kind, Refusal, Timestamp, Value};

use super::key::IdempotencyKey;
use crate::error::Error;
use crate::statements::stored_responses::StoredResponseStatements;
use crate::write::request::Written;

/// The longest body that is stored, bytes. A longer one is made again from the row.
const MAX_STORED_BODY: usize = 64 * 1024;

/// A response as it is stored: what a client gets, apart from what each request has of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    /// The status: 201 of a new row, 200 of one that was there before (clients get 201 for it as well), or 422.
    pub status: u16,
    /// Where the row is, when there is one.
    pub location: Option<String>,
    /// The row as it is shown, or an object with the members `errors` and `detail` of the problem.
    pub body: String,
}

impl StoredResponse {
    /// Whether it shows a row that was there before.
    #[must_use]
    pub fn is_existing(&self) -> bool {
        self.status == 200
    }

    pub(super) fn created(entity: &Entity, written: &Written) -> Self {
        Self {
            status: if written.is_existing { 200 } else { 201 },
            location: Some(entity.row_path(written.id)),
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

/// What was stored for a key.
pub(super) enum Stored {
    /// The whole response.
    Whole(StoredResponse),
    /// All but its body, which was too long: the status, and the path of the row that it showed.
    OfRow(u16, String),
}

/// What was stored for the key since `oldest`.
///
/// # Errors
/// It was stored for another body.
pub(super) async fn load(
    statements: &StoredResponseStatements,
    session: &mut Session,
    key: &IdempotencyKey,
    oldest: Timestamp,
) -> Result<Option<Stored>, Error> {
    let mut values = key.values();
    values.push((Kind::Time, Value::Time(oldest)));
    let kinds = [Kind::Text, Kind::Int, Kind::Text, Kind::Text];
    let rows = session.rows(&statements.load, values, &kinds).await?;
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
    Ok(Some(match location {
        // No response has an empty body.
        Some(location) if body.is_empty() => Stored::OfRow(status, location),
        location => Stored::Whole(StoredResponse { status, location, body: body.clone() }),
    }))
}

/// Stores the response to a key, and says how many bytes of body that takes. A refusal whose body is too long is not stored:
/// the next attempt is judged anew.
pub(super) async fn save(
    statements: &StoredResponseStatements,
    session: &mut Session,
    key: &IdempotencyKey,
    response: &StoredResponse,
    now: Timestamp,
) -> Result<usize, Error> {
    let is_short = response.body.len() <= MAX_STORED_BODY;
    if !is_short && response.location.is_none() {
        return Ok(0);
    }
    let body = if is_short { response.body.as_str() } else { "" };
    // One that has expired and has not been deleted yet.
    session.execute(&statements.delete, key.values()).await?;
    let text = |text: &str| Value::Text(text.to_owned());
    let mut values = key.values();
    values.extend([
        (Kind::Text, text(&key.body_hash)),
        (Kind::Int, Value::Int(response.status.into())),
        (Kind::Text, response.location.as_deref().map_or(Value::Null, text)),
        (Kind::Text, text(body)),
        (Kind::Time, Value::Time(now)),
    ]);
    session.execute(&statements.insert, values).await?;
    Ok(body.len())
}
