//! The seven operations of a collection, once for all entities (contract section 2).

use std::borrow::Cow;

use axum::Extension;
use axum::extract::{RawQuery, Request};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use partbook_domain::edit::EditMode;
use partbook_domain::query::{self, ListQuery};
use partbook_domain::{Entity, Row};
use utoipa_axum::router::OpenApiRouter;

use crate::extract::collection::Collection;
use crate::extract::preconditions::precondition;
use crate::extract::row_id::RawId;
use crate::extract::{json_body, query_string};
use crate::openapi;
use crate::representation::row;
use crate::respond::links::Place;
use crate::respond::list as rows;
use crate::respond::problem::Problem;
use crate::respond::row::{tagged, tagged_unless_known};
use crate::routes::usage::listings;
use crate::routes::write::{Creation, changed};
use crate::state::App;

/// The routes of an entity's collection, with their part of the API document.
pub(crate) fn routes(entity: &'static Entity) -> OpenApiRouter<App> {
    let path = entity.path();
    let mut router = OpenApiRouter::new()
        .routes(openapi::routed(path.clone(), openapi::collection::collection(entity), get(list).merge(post(create))))
        .routes(openapi::routed(
            format!("{path}/{{id}}"),
            openapi::collection::item(entity),
            get(read).put(replace).patch(patch).delete(remove),
        ));
    if entity.in_catalog() {
        router = router.routes(openapi::routed(
            format!("{path}/{{id}}/listings"),
            openapi::collection::listings(entity),
            get(listings),
        ));
    }
    router.layer(Extension(entity))
}

async fn list(
    collection: Collection,
    RawQuery(text): RawQuery,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let Collection { app, entity } = &collection;
    let given = query_string::query(text.as_deref())?;
    let query = query::parse(entity, &given).map_err(|faults| Problem::parameters(&faults))?;
    let total = if query_string::prefers_count(&headers) {
        Some(app.repository().count(entity, &query).await.map_err(|error| collection.problem(&error))?)
    } else {
        None
    };
    let ListQuery { limit, offset, .. } = query;
    let place = |more| Place { path: uri.path(), parameters: &given, limit, offset, more, total }.headers();
    let rows = app.repository().stream(entity, &query);
    let sent = rows::send(rows, limit, app.repository().has_more(entity, &query), place).await;
    sent.map_err(|error| collection.problem(&error))
}

async fn create(collection: Collection, request: Request) -> Result<Response, Problem> {
    let Collection { app, entity } = &collection;
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let body = json_body::read(request).await?;
    let creation = Creation { app, entity, headers: &headers, path: uri.path(), bytes: &body.bytes };
    let object = row::members(&body.json).map_err(|faults| Problem::invalid(&faults))?;
    creation.answer(object, Row::to_json, |error| collection.problem(error)).await
}

async fn read(collection: Collection, id: RawId, headers: HeaderMap) -> Result<Response, Problem> {
    let id = id.parse(collection.entity)?;
    let row = collection.app.repository().get(collection.entity, id).await;
    let row = row.map_err(|error| collection.problem(&error))?;
    Ok(tagged_unless_known(&headers, row.to_json()))
}

async fn replace(collection: Collection, id: RawId, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let body = json_body::read(request).await?;
    update(&collection, &id, &headers, &body, EditMode::Replace).await
}

async fn patch(collection: Collection, id: RawId, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let (body, mode) = json_body::read_patch(request).await?;
    update(&collection, &id, &headers, &body, mode).await
}

async fn update(
    collection: &Collection,
    id: &RawId,
    headers: &HeaderMap,
    body: &json_body::JsonBody,
    mode: EditMode,
) -> Result<Response, Problem> {
    let Collection { app, entity } = collection;
    let precondition = precondition(app, headers, Row::to_json)?;
    let id = id.parse(entity)?;
    let object = row::members(&body.json).map(Cow::Borrowed).map_err(|faults| Problem::invalid(&faults));
    let row = changed(app, entity, id, object, mode, &precondition, |error| collection.problem(error)).await?;
    Ok(tagged(StatusCode::OK, row.to_json()))
}

async fn remove(collection: Collection, id: RawId, headers: HeaderMap) -> Result<StatusCode, Problem> {
    let Collection { app, entity } = &collection;
    let precondition = precondition(app, &headers, Row::to_json)?;
    let id = id.parse(entity)?;
    let href = entity.in_catalog().then(|| format!("{}/{id}/listings", entity.path()));
    let done = app.repository().delete(entity, id, &precondition).await;
    done.map(|()| StatusCode::NO_CONTENT).map_err(|error| Problem::of(&error, entity, href.as_deref()))
}
