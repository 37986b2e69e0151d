//! `/v1/fields-data/{entity}/records`: the rows of an entity, as records.

use axum::extract::{RawQuery, Request};
use axum::http::Uri;
use axum::response::Response;
use partbook_domain::Representation as _;
use partbook_domain::query::{ListKey, ListQuery, PageQuery};
use partbook_repository::{Create, Error, Extent, Update};

use crate::extract::entity_name::EntityName;
use crate::extract::idempotency_key::idempotency_key;
use crate::extract::json_body::{self, JsonBody};
use crate::extract::page_cursor;
use crate::extract::preconditions::precondition;
use crate::extract::preferences::prefers_strict;
use crate::extract::principal::Principal;
use crate::extract::query_string;
use crate::extract::row_id::RawId;
use crate::limits::RECORDS_PAGE;
use crate::representation::Record;
use crate::respond::links::{PageLinks, Walk};
use crate::respond::list::{Shape, send_list};
use crate::respond::problem::Problem;
use crate::routes::write;
use crate::state::App;

pub(super) async fn list(app: App, name: EntityName, RawQuery(text): RawQuery, uri: Uri) -> Result<Response, Problem> {
    let parameters = query_string::parse(text.as_deref());
    if let Ok(parameters) = &parameters {
        page_cursor::check(parameters)?;
    }
    let entity = name.entity()?;
    let parameters = parameters?;
    let order = entity.records_order;
    let list = ListKey::of(&format!("{} records", entity.name), &[], order);
    let PageQuery { limit, offset, cursor } = page_cursor::page(&parameters, RECORDS_PAGE, list, order)?;
    let query = ListQuery { order: order.to_vec(), limit: Some(limit), offset, cursor, ..ListQuery::default() };
    let problem = |error: Error| Problem::of(&error, entity);
    let total = app.repository().count(entity, &query).await.map_err(problem)?;
    let page = app.repository().list(entity, &query).await.map_err(problem)?;
    let begin = format!(r#"{{"entity":"{}","label":"{}","records":["#, entity.name, entity.plural);
    let end = format!(r#"],"pagination":{{"total":{total},"limit":{limit},"offset":{offset}}}}}"#);
    let path = app.path(uri.path());
    let links = |extent: Option<&Extent>| {
        let walk = Walk::of(&parameters, offset, list, query.cursor.as_ref());
        // The total is in the body.
        PageLinks { path: &path, parameters: &parameters, limit: Some(limit), walk, extent, total: None }.headers()
    };
    let shape = Shape::rows(begin, Box::new(|row, out| Record.write(row, out)), end);
    send_list(page, shape, links).await.map_err(problem)
}

pub(super) async fn create(
    app: App,
    name: EntityName,
    principal: Principal,
    request: Request,
) -> Result<Response, Problem> {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let JsonBody { json, bytes, room: _room } = json_body::read(&app, request).await?;
    let entity = name.entity()?;
    let key = idempotency_key(&app, &headers, uri.path(), &bytes);
    let (strict, actor) = (prefers_strict(&headers), principal.actor);
    let create = Create { entity, body: json, representation: &Record, strict, actor };
    Ok(write::create(&app, create, key).await)
}

pub(super) async fn update(
    app: App,
    name: EntityName,
    id: RawId,
    principal: Principal,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let (body, mode) = json_body::read_patch(&app, request).await?;
    let precondition = precondition(&app, &headers)?;
    let entity = name.entity()?;
    let id = id.parse(entity)?;
    let (body, strict, actor) = (body.json, prefers_strict(&headers), principal.actor);
    let update = Update { entity, id, body, mode, precondition, representation: &Record, strict, actor };
    Ok(write::update(&app, update).await)
}
