//! `Idempotency-Key`: a POST that is sent again gets the answer of the first one (docs/api-decisions.md).

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use partbook_domain::ParameterError;
use partbook_domain::digest;
use partbook_domain::{Entity, Object, Refusal, Row};
use partbook_repository::{Answer, Error, IdempotencyKey};

use crate::respond::etag::tagged;
use crate::respond::problem::Problem;
use crate::router::App;
use crate::routes::collection::location;

/// Names a request, so that it can be sent again.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key, characters.
pub(crate) const LONGEST: usize = 255;

/// A body that was read, and what is needed to know it again.
pub(crate) struct Creation<'a> {
    pub(crate) app: &'a App,
    pub(crate) entity: &'static Entity,
    pub(crate) headers: &'a HeaderMap,
    /// The path, without a slash at its end.
    pub(crate) path: &'a str,
    /// The body's bytes.
    pub(crate) bytes: &'a [u8],
}

impl Creation<'_> {
    /// Creates a row and answers it as `represent` shows it; `problem` is what a refusal looks like.
    pub(crate) async fn answer(
        &self,
        object: &Object,
        represent: fn(&Row) -> Vec<u8>,
        problem: impl Fn(&Error) -> Problem + Sync,
    ) -> Result<Response, Problem> {
        let repository = self.app.repository();
        let Some(key) = self.key()? else {
            let row = repository.create(self.entity, object).await.map_err(|error| problem(&error))?;
            return Ok(created(represent(&row), &location(&row)));
        };
        let answer = |outcome: Result<Row, Refusal>| match outcome {
            Ok(row) => Answer {
                status: StatusCode::CREATED.as_u16(),
                location: Some(location(&row)),
                body: String::from_utf8_lossy(&represent(&row)).into_owned(),
            },
            Err(refusal) => {
                let (status, body) = problem(&refusal.into()).kept();
                Answer { status, location: None, body }
            }
        };
        let done = repository.create_once(self.entity, object, &key, answer).await;
        let Answer { status, location, body } = done.map_err(|error| problem(&error))?;
        match location {
            Some(location) => Ok(created(body.into_bytes(), &location)),
            None => Err(Problem::again(status, &body)),
        }
    }

    /// The request's key; none where it has none.
    fn key(&self) -> Result<Option<IdempotencyKey>, Problem> {
        let values: Vec<&HeaderValue> = self.headers.get_all(IDEMPOTENCY_KEY).iter().collect();
        let fault = |code, detail: String| {
            let parameter = "Idempotency-Key".to_owned();
            Err(Problem::parameters(&[ParameterError { parameter, detail, code }]))
        };
        let key = match values[..] {
            [] => return Ok(None),
            [value] => value.to_str().ok().map(str::trim),
            _ => None,
        };
        let is_key = |key: &&str| (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        let Some(key) = key.filter(is_key) else {
            return fault("format", format!("must be one key of 1 to {LONGEST} visible ASCII characters"));
        };
        if !self.app.repository().keeps_answers() {
            let detail = "cannot be honoured here: on this database nothing may be stored beside the catalog; send the \
                          request without it";
            return fault("unsupported", detail.to_owned());
        }
        Ok(Some(IdempotencyKey {
            method: Method::POST.to_string(),
            path: self.path.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
            body_hash: digest(self.bytes),
        }))
    }
}

fn created(body: Vec<u8>, location: &str) -> Response {
    let location = HeaderValue::from_str(location).expect("a path is visible ASCII");
    ([(header::LOCATION, location)], tagged(StatusCode::CREATED, body)).into_response()
}
