//! Creates and changes rows, for both representations.

use axum::http::StatusCode;
use axum::response::Response;
use partbook_domain::Tag;
use partbook_repository::{Create, IdempotencyKey, StoredResponse, Update, Written};

use crate::respond::preference::applied;
use crate::respond::problem::Problem;
use crate::respond::row::{created_response, row_response};
use crate::state::App;

/// Creates a row and answers it. With a key, a repeated request gets the answer of the first.
pub(crate) async fn create(app: &App, request: Create, key: Result<Option<IdempotencyKey>, Problem>) -> Response {
    let strict = request.strict;
    applied(strict, created(app, request, key).await)
}

/// Changes a row and answers the result.
pub(crate) async fn update(app: &App, request: Update) -> Response {
    let strict = request.strict;
    applied(strict, updated(app, request).await)
}

async fn created(
    app: &App,
    request: Create,
    key: Result<Option<IdempotencyKey>, Problem>,
) -> Result<Response, Problem> {
    let entity = request.entity;
    let key = match key {
        Ok(key) => key,
        // Errors of the body's shape are reported before those of the key.
        Err(problem) => {
            let read = request.representation.read_new(entity, request.body);
            return Err(read.err().map_or(problem, |errors| Problem::invalid(&errors)));
        }
    };
    let Some(key) = key else {
        let written = app.repository().create(request).await.map_err(|error| Problem::of(&error, entity))?;
        let location = app.path(&entity.row_path(written.id));
        return Ok(created_response(written.body, &written.tag, &location, written.is_existing));
    };
    let stored = app.repository().create_once(request, key).await.map_err(|error| Problem::of(&error, entity))?;
    let is_existing = stored.is_existing();
    let StoredResponse { status, location, body } = stored;
    match location {
        Some(location) => {
            let location = app.path(&location);
            let tag = Tag::of(body.as_bytes());
            Ok(created_response(body.into_bytes(), &tag, &location, is_existing))
        }
        None => Err(Problem::from_stored(status, &body)),
    }
}

async fn updated(app: &App, request: Update) -> Result<Response, Problem> {
    let entity = request.entity;
    let written = app.repository().update(request).await.map_err(|error| Problem::of(&error, entity))?;
    let Written { body, tag, .. } = written;
    Ok(row_response(StatusCode::OK, body, &tag))
}
