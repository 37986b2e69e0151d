//! The seven operations of a collection, once for all entities (contract section 2).

use axum::Extension;
use axum::extract::{RawQuery, Request};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use partbook_domain::edit::EditMode;
use partbook_domain::entity::listing::LISTING;
use partbook_domain::query::{self, ListKey};
use partbook_domain::{Entity, Identity, InUse, Refusal, Representation as _, Uses};
use partbook_repository::{Create, Delete, Error, Extent, Update};
use utoipa_axum::router::OpenApiRouter;

use crate::extract::collection::Collection;
use crate::extract::idempotency_key::idempotency_key;
use crate::extract::json_body::{self, JsonBody};
use crate::extract::page_cursor;
use crate::extract::preconditions::precondition;
use crate::extract::preferences::{prefers_count, prefers_strict};
use crate::extract::query_string;
use crate::extract::row_id::RawId;
use crate::openapi;
use crate::representation::PlainRow;
use crate::respond::links::{PageLinks, Walk};
use crate::respond::list::{Shape, send_list};
use crate::respond::preference::applied;
use crate::respond::problem::Problem;
use crate::respond::row::row_unless_known;
use crate::routes::usage::listings;
use crate::routes::write;
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

async fn list(collection: Collection, RawQuery(text): RawQuery, headers: HeaderMap, uri: Uri) -> Response {
    let Collection { app, entity, .. } = &collection;
    // Elsewhere lists are strict whatever the client prefers.
    let may_ignore_limit = app.settings().ignores_legacy_limit && entity.identity == Identity::Name;
    let strict = may_ignore_limit && prefers_strict(&headers);
    applied(strict, listed(&collection, text.as_deref(), &headers, &uri, may_ignore_limit && !strict).await)
}

async fn listed(
    collection: &Collection,
    text: Option<&str>,
    headers: &HeaderMap,
    uri: &Uri,
    may_ignore_limit: bool,
) -> Result<Response, Problem> {
    let Collection { app, entity, .. } = collection;
    let mut parameters = query_string::parse(text)?;
    if may_ignore_limit && !knows_of_pages(&parameters) {
        parameters.retain(|(name, _)| name != "limit");
    }
    page_cursor::check(&parameters)?;
    let mut query = query::parse(entity, &parameters, app.repository().vocabulary())
        .map_err(|errors| Problem::parameters(&errors))?;
    let order = query.order_of(entity);
    let list = ListKey::of(entity.name, &parameters, order);
    query.cursor = page_cursor::read(&parameters, list, order)?;
    let total = if prefers_count(headers) {
        Some(app.repository().count(entity, &query).await.map_err(|error| collection.problem(&error))?)
    } else {
        None
    };
    let (path, limit) = (app.path(uri.path()), query.limit);
    let links = |extent: Option<&Extent>| {
        let walk = Walk::of(&parameters, query.offset, list, query.cursor.as_ref());
        PageLinks { path: &path, parameters: &parameters, limit, walk, extent, total }.headers()
    };
    let sent = async { send_list(app.repository().list(entity, &query).await?, Shape::array(), links).await };
    sent.await.map_err(|error| collection.problem(&error))
}

/// Whether a client of a list means its `limit`. The legacy service had no pages of what is known by its name, so that its
/// clients send a limit and expect all rows.
fn knows_of_pages(parameters: &[(String, String)]) -> bool {
    parameters.iter().any(|(name, _)| ["offset", "cursor", "sort"].contains(&name.as_str()))
}

async fn create(collection: Collection, request: Request) -> Result<Response, Problem> {
    let Collection { app, entity, principal } = &collection;
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let JsonBody { json, bytes, room: _room } = json_body::read(app, request).await?;
    let key = idempotency_key(app, &headers, uri.path(), &bytes);
    let (strict, actor) = (prefers_strict(&headers), principal.actor.clone());
    let create = Create { entity, body: json, representation: &PlainRow, strict, actor };
    Ok(write::create(app, create, key).await)
}

pub(crate) async fn read(collection: Collection, id: RawId, headers: HeaderMap) -> Result<Response, Problem> {
    let id = id.parse(collection.entity)?;
    let row = collection.app.repository().get(collection.entity, id).await;
    let row = row.map_err(|error| collection.problem(&error))?;
    Ok(row_unless_known(&headers, PlainRow.to_bytes(&row)))
}

async fn replace(collection: Collection, id: RawId, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let body = json_body::read(&collection.app, request).await?;
    update(&collection, &id, &headers, body, EditMode::Replace).await
}

pub(crate) async fn patch(collection: Collection, id: RawId, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let (body, mode) = json_body::read_patch(&collection.app, request).await?;
    update(&collection, &id, &headers, body, mode).await
}

async fn update(
    Collection { app, entity, principal }: &Collection,
    id: &RawId,
    headers: &HeaderMap,
    body: JsonBody,
    mode: EditMode,
) -> Result<Response, Problem> {
    let precondition = precondition(app, headers)?;
    let id = id.parse(entity)?;
    let (body, strict, actor) = (body.json, prefers_strict(headers), principal.actor.clone());
    let update = Update { entity, id, body, mode, precondition, representation: &PlainRow, strict, actor };
    Ok(write::update(app, update).await)
}

async fn remove(collection: Collection, id: RawId, headers: HeaderMap) -> Result<StatusCode, Problem> {
    let Collection { app, entity, principal } = &collection;
    let precondition = precondition(app, &headers)?;
    let id = id.parse(entity)?;
    let delete = Delete { entity, id, precondition, representation: &PlainRow, actor: principal.actor.clone() };
    match app.repository().delete(delete).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        // How many there are is told, and which only to who may read them.
        Err(Error::Refused(Refusal::InUse(in_use))) if !principal.may_read(&LISTING) => {
            Err(Problem::in_use(&InUse { uses: Uses::Unsaid, ..in_use }, None))
        }
        Err(Error::Refused(Refusal::InUse(in_use))) => {
            let href = entity.in_catalog().then(|| app.path(&format!("{}/listings", entity.row_path(id))));
            Err(Problem::in_use(&in_use, href.as_deref()))
        }
        Err(error) => Err(collection.problem(&error)),
    }
}
