//! `/v1/fields`: the definitions of custom fields, and how much they are used (contract section 5).

use axum::extract::{RawQuery, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Json as JsonAnswer};
use partbook_domain::access::Actor;
use partbook_domain::entity::custom_field::CUSTOM_FIELD;
use partbook_domain::query::FieldsQuery;
use partbook_domain::{Json, ParameterError, Row, query};
use partbook_repository::{Create, RemoveField, field_usage};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;

use super::{collection, write};
use crate::extract::collection::Collection;
use crate::extract::idempotency_key::idempotency_key;
use crate::extract::json_body::{self, JsonBody};
use crate::extract::preconditions::precondition;
use crate::extract::preferences::prefers_strict;
use crate::extract::principal::Principal;
use crate::extract::query_string;
use crate::extract::row_id::RawId;
use crate::openapi;
use crate::representation::{PlainRow, usage_json};
use crate::respond::list::{Shape, send_list};
use crate::respond::problem::Problem;
use crate::state::App;

/// The longest name of who does something, characters.
const MAX_ACTOR_LENGTH: usize = 128;

pub(crate) fn routes() -> OpenApiRouter<App> {
    let path = CUSTOM_FIELD.path();
    OpenApiRouter::new()
        .routes(openapi::routed(path.clone(), openapi::custom_fields::definitions(), get(list).post(create)))
        .routes(openapi::routed(format!("{path}/usage"), openapi::custom_fields::usage(), get(usage)))
        .routes(openapi::routed(
            format!("{path}/{{id}}"),
            openapi::custom_fields::definition(),
            get(read).patch(patch).delete(remove),
        ))
        .layer(Extension(&CUSTOM_FIELD))
}

async fn list(app: App, RawQuery(text): RawQuery) -> Result<Response, Problem> {
    let parameters = query_string::parse(text.as_deref())?;
    let query = query::parse_fields(&parameters).map_err(|errors| Problem::parameters(&errors))?;
    let shape = Shape::rows(r#"{"fields":["#, Box::new(Row::write_json), "]}");
    let listed =
        async { send_list(app.repository().list_custom_fields(&query).await?, shape, |_| HeaderMap::new()).await };
    listed.await.map_err(|error| Problem::of(&error, &CUSTOM_FIELD))
}

/// The counts are those of the fields that are used. The fields are read and sent as the rows of a list are: nothing bounds
/// how many there are.
async fn usage(app: App) -> Result<Response, Problem> {
    let all = FieldsQuery { entity: None, include_inactive: true, include_deleted: true };
    let sent = async {
        let counts = app.repository().custom_field_counts().await?;
        let fields = app.repository().list_custom_fields(&all).await?;
        let row = move |row: &Row, out: &mut Vec<u8>| {
            let total = counts.get(&row.id).copied().unwrap_or_default();
            out.extend_from_slice(usage_json(&field_usage(row, total)).to_string().as_bytes());
        };
        send_list(fields, Shape::rows(r#"{"usage":["#, Box::new(row), "]}"), |_| HeaderMap::new()).await
    };
    sent.await.map_err(|error| Problem::of(&error, &CUSTOM_FIELD))
}

async fn create(
    app: App,
    RawQuery(text): RawQuery,
    principal: Principal,
    request: Request,
) -> Result<Response, Problem> {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let JsonBody { json: mut body, bytes, room: _room } = json_body::read(&app, request).await?;
    let named = actor(text.as_deref())?.or_else(|| creator(&principal.actor));
    has_table(&app)?;
    let key = idempotency_key(&app, &headers, uri.path(), &bytes);
    if let (Some(named), Json::Object(members)) = (named, &mut body) {
        members.entry("created_by".to_owned()).or_insert(Json::String(named));
    }
    let (strict, actor) = (prefers_strict(&headers), principal.actor);
    let create = Create { entity: &CUSTOM_FIELD, body, representation: &PlainRow, strict, actor };
    Ok(write::create(&app, create, key).await)
}

/// Who does it, as the client says.
fn actor(text: Option<&str>) -> Result<Option<String>, Problem> {
    let parameters = query_string::parse(text)?;
    let actor = parameters.into_iter().find(|(name, _)| name == "actor").map(|(_, actor)| actor);
    if actor.as_ref().is_some_and(|actor| actor.contains('\0') || actor.chars().count() > MAX_ACTOR_LENGTH) {
        let detail = format!("must be at most {MAX_ACTOR_LENGTH} characters long, and none of them U+0000");
        return Err(Problem::parameter(ParameterError::new("actor", "length", detail)));
    }
    Ok(actor.filter(|actor| !actor.is_empty()))
}

/// Who does it, as the credentials say, where the client does not.
fn creator(actor: &Actor) -> Option<String> {
    actor.name().filter(|name| name.chars().count() <= MAX_ACTOR_LENGTH).map(str::to_owned)
}

async fn read(collection: Collection, id: RawId, headers: HeaderMap) -> Result<Response, Problem> {
    is_found(&collection.app, &id)?;
    collection::read(collection, id, headers).await
}

async fn patch(collection: Collection, id: RawId, request: Request) -> Result<Response, Problem> {
    has_table(&collection.app)?;
    collection::patch(collection, id, request).await
}

async fn remove(
    app: App,
    id: RawId,
    RawQuery(text): RawQuery,
    principal: Principal,
    headers: HeaderMap,
) -> Result<JsonAnswer<Value>, Problem> {
    let precondition = precondition(&app, &headers)?;
    let row = id.parse(&CUSTOM_FIELD)?;
    let parameters = query_string::parse(text.as_deref())?;
    let removal = query::parse_removal(&parameters).map_err(|errors| Problem::parameters(&errors))?;
    has_table(&app)?;
    let actor = principal.actor;
    let request = RemoveField { id: row, removal, precondition, representation: &PlainRow, actor };
    let usage = app.repository().remove_custom_field(request).await;
    let usage = usage.map_err(|error| Problem::of(&error, &CUSTOM_FIELD))?;
    Ok(JsonAnswer(usage_json(&usage)))
}

/// Refuses a change where there is nothing that could be changed.
fn has_table(app: &App) -> Result<(), Problem> {
    if app.repository().supports_custom_fields() {
        return Ok(());
    }
    let table = CUSTOM_FIELD.name;
    let detail = format!("The database has no table {table}, in which custom fields are defined");
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail))
}

/// Without the table, no id names a definition.
fn is_found(app: &App, id: &RawId) -> Result<(), Problem> {
    let id = id.parse(&CUSTOM_FIELD)?;
    if app.repository().supports_custom_fields() {
        return Ok(());
    }
    Err(Problem::of(&partbook_domain::Refusal::not_found(&CUSTOM_FIELD, &id).into(), &CUSTOM_FIELD))
}
