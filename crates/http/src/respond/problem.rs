//! Refusals and failures as clients see them: problem details (RFC 9457; contract section 6).

use std::error::Error as _;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use partbook_domain::json::SyntaxError;
use partbook_domain::query::InvalidCursor;
use partbook_domain::{Entity, FieldErrors, InUse, ParameterError, ParameterErrors, Refusal, Tag, Uses};
use partbook_repository::Error;
use partbook_telemetry::error_chain;
use serde_json::{Map, Value, json};

use super::etag::etag_header;
use super::failure::Failure;
use crate::representation::usage_json;

/// After how many seconds a client may try again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A refusal or a failure. It travels as an extension of the response; the outermost layer (`middleware/request`) writes the
/// body, since it knows the path and the request's id.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
    /// The members that not every problem has.
    more: Map<String, Value>,
    /// Whether the same request may succeed in a moment: `Retry-After`.
    is_transient: bool,
    /// The current version of the row, for a client whose precondition failed.
    current: Option<Box<(Tag, Vec<u8>)>>,
    /// Its cause inside the service, for the log.
    failure: Option<Box<Failure>>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let is_transient = status == StatusCode::SERVICE_UNAVAILABLE;
        Self { status, detail: detail.into(), more: Map::new(), is_transient, current: None, failure: None }
    }

    /// The same with another member.
    pub(crate) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    /// The same with its cause inside the service.
    pub(crate) fn caused_by(self, failure: Failure) -> Self {
        Self { failure: Some(Box::new(failure)), ..self }
    }

    /// The body is not JSON, breaks off, or repeats a key.
    pub(crate) fn malformed(error: &SyntaxError) -> Self {
        let detail = format!("The body is not acceptable JSON: {error}");
        Self::new(StatusCode::BAD_REQUEST, detail).with("line", json!(error.line)).with("column", json!(error.column))
    }

    /// The body breaks the rules.
    pub(crate) fn invalid(errors: &FieldErrors) -> Self {
        let more = errors.members();
        Self { more, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, errors.to_string()) }
    }

    /// Parameters of the query, the path or the headers break the rules.
    pub(crate) fn parameters(errors: &ParameterErrors) -> Self {
        let more = errors.members();
        Self { more, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, errors.to_string()) }
    }

    /// There is no page at a cursor.
    pub(crate) fn cursor(why: InvalidCursor) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("cursor {why}"))
    }

    /// One parameter breaks the rules.
    pub(crate) fn parameter(error: ParameterError) -> Self {
        Self::parameters(&error.into())
    }

    /// Answers that wait for their readers take up all that they may.
    pub(crate) fn too_many_readers() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, TOO_MANY_READERS)
    }

    /// Other bodies take up all the room that there is.
    pub(crate) fn too_many_bodies() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, TOO_MANY_BODIES)
    }

    /// The body had its time, and others wait for its room.
    pub(crate) fn too_slow_a_body() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, TOO_SLOW_A_BODY)
    }

    /// The id is not an integer.
    pub(crate) fn invalid_id() -> Self {
        let detail = "must be an integer".to_owned();
        Self::parameter(ParameterError { parameter: "id".to_owned(), detail, code: "type" })
    }

    /// An error that the router or a layer answered without a problem.
    pub(crate) fn of_status(status: StatusCode, documentation: &str) -> Self {
        let detail = match status {
            StatusCode::NOT_FOUND => {
                let detail = format!("There is nothing at this path; {documentation} lists what there is");
                return Self::new(status, detail);
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                "This path does not take that method; the Allow header names those it takes"
            }
            StatusCode::INTERNAL_SERVER_ERROR => INTERNAL,
            _ => status.canonical_reason().unwrap_or("The request could not be answered"),
        };
        Self::new(status, detail)
    }

    /// An operation on an entity's rows did not succeed.
    pub(crate) fn of(error: &Error, entity: &Entity) -> Self {
        match error {
            Error::Refused(Refusal::NotFound { .. }) => Self::new(StatusCode::NOT_FOUND, error.to_string()),
            Error::Refused(Refusal::Invalid(errors)) => Self::invalid(errors),
            Error::Refused(Refusal::InvalidCursor(why)) => Self::cursor(why),
            Error::Refused(Refusal::InUse(in_use)) => Self::in_use(in_use, None),
            Error::Refused(Refusal::PreconditionFailed { tag, current, .. }) => Self {
                current: Some(Box::new((tag.clone(), current.clone()))),
                ..Self::new(StatusCode::PRECONDITION_FAILED, error.to_string())
            },
            Error::Refused(Refusal::PreconditionRequired { .. }) => {
                Self::new(StatusCode::PRECONDITION_REQUIRED, error.to_string())
            }
            Error::Refused(Refusal::IdempotencyKeyInUse) => {
                Self { is_transient: true, ..Self::new(StatusCode::CONFLICT, error.to_string()) }
            }
            // Without `Retry-After`: the row does not come back.
            Error::Refused(Refusal::IdempotentRowGone { .. }) => Self::new(StatusCode::CONFLICT, error.to_string()),
            Error::Refused(Refusal::IdempotencyKeyReused) => {
                let parameter = "Idempotency-Key".to_owned();
                Self::parameter(ParameterError { parameter, detail: error.to_string(), code: "reused" })
            }
            Error::Database(source) => Self::failed(source, entity),
        }
    }

    /// The database failed.
    fn failed(error: &partbook_database::Error, entity: &Entity) -> Self {
        if matches!(error, partbook_database::Error::ReadOnly) {
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, READ_ONLY);
        }
        let cause = error_chain(error.source().unwrap_or(error));
        let (status, detail, failure) = if error.is_unavailable() {
            let detail = match error {
                error if error.is_outcome_unknown() => OUTCOME_UNKNOWN.to_owned(),
                error if error.is_denied() => denied(entity),
                error if error.is_saturation() => SATURATED.to_owned(),
                error if error.is_contention() => CONTENDED.to_owned(),
                _ => AWAY.to_owned(),
            };
            (StatusCode::SERVICE_UNAVAILABLE, detail, Failure::warning("the database cannot answer", cause))
        } else {
            let failure = Failure::error("an operation failed unexpectedly", cause);
            (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL.to_owned(), failure)
        };
        Self { failure: Some(Box::new(failure.of(entity))), ..Self::new(status, detail) }
    }

    /// The row is in use, or must stay. `href` is the path of the listings that use it.
    pub(crate) fn in_use(in_use: &InUse, href: Option<&str>) -> Self {
        let problem = Self::new(StatusCode::CONFLICT, in_use.detail.clone());
        match &in_use.uses {
            Uses::Unsaid => problem,
            Uses::Values(usage) => problem.with("usage", usage_json(usage)),
            Uses::Listings(count, first) => {
                let listings: Vec<Value> =
                    first.iter().map(|(id, title)| json!({ "id": id, "title": title })).collect();
                problem.with("usage", json!({ "count": count, "listings": listings, "href": href }))
            }
        }
    }

    /// The problem's body, for the request with this path and id.
    pub(crate) fn body(&self, instance: &str, request_id: &str) -> Vec<u8> {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "instance": instance,
            "request_id": request_id,
        });
        for (name, value) in &self.more {
            body[name] = value.clone();
        }
        let mut text = body.to_string().into_bytes();
        if let Some((_, current)) = self.current.as_deref() {
            // Inserted as text: a double cannot hold the digits of a row's numbers.
            text.pop();
            text.extend_from_slice(b",\"current\":");
            text.extend_from_slice(current);
            text.push(b'}');
        }
        text
    }

    /// The problem of a stored response: its status, and the members that not every problem has.
    pub(crate) fn from_stored(status: u16, members: &str) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut more: Map<String, Value> = serde_json::from_str(members).unwrap_or_default();
        let detail = more.shift_remove("detail").and_then(|detail| detail.as_str().map(str::to_owned));
        Self { more, ..Self::new(status, detail.unwrap_or_default()) }
    }
}

const INTERNAL: &str = "Something went wrong inside the service; its log has the details under this request_id";
const AWAY: &str = "The database cannot answer now; try again in a moment";
const OUTCOME_UNKNOWN: &str = "The connection to the database was lost while the change was being committed: it may have been made; \
    look before it is sent again";
const READ_ONLY: &str = "This instance only reads; send changes to one that writes";
const CONTENDED: &str = "Another change holds what this needs, and takes long; try again in a moment";
const SATURATED: &str = "The service is busy: no database connection became free in time; try again in a moment";

/// The role of the service lacks a right.
fn denied(entity: &Entity) -> String {
    let table = entity.name;
    format!("The service has no right to do this on the table {table} of its database, or on one that belongs to it")
}

const TOO_MANY_BODIES: &str =
    "The service is busy: large bodies of other requests did not make room in time; try again in a moment";
const TOO_SLOW_A_BODY: &str = "The body came too slowly while those of other requests waited; try again in a moment";
const TOO_MANY_READERS: &str =
    "The service is busy: too many clients take long to read their answers; try again in a moment";

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let mut response = self.status.into_response();
        if let Some(failure) = self.failure.take() {
            response.extensions_mut().insert(*failure);
        }
        if self.is_transient {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if let Some((tag, _)) = self.current.as_deref() {
            response.headers_mut().insert(header::ETAG, etag_header(tag));
        }
        response.extensions_mut().insert(self);
        response
    }
}
