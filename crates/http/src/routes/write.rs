//! Creating and changing rows, once for both shapes of body.

use std::borrow::Cow;

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use partbook_domain::edit::EditMode;
use partbook_domain::precondition::Precondition;
use partbook_domain::{Entity, Object, Refusal, Row};
use partbook_repository::{Answer, Error};

use crate::extract::idempotency_key::idempotency_key;
use crate::respond::problem::Problem;
use crate::respond::row::{created, location};
use crate::state::App;

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
        let app = self.app;
        let repository = app.repository();
        let Some(key) = idempotency_key(app, self.headers, self.path, self.bytes)? else {
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
}

/// Changes a row. That there is none, or that another version was meant, comes before what is wrong with the body.
pub(crate) async fn changed(
    app: &App,
    entity: &'static Entity,
    id: i64,
    body: Result<Cow<'_, Object>, Problem>,
    mode: EditMode,
    precondition: &Precondition,
    problem: impl Fn(&Error) -> Problem,
) -> Result<Row, Problem> {
    match body {
        Ok(body) => {
            app.repository().update(entity, id, &body, mode, precondition).await.map_err(|error| problem(&error))
        }
        Err(fault) => {
            let row = app.repository().get(entity, id).await.map_err(|error| problem(&error))?;
            precondition.evaluate(&row).map_err(|error| problem(&error.into()))?;
            Err(fault)
        }
    }
}
