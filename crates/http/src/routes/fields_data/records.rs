//! Rows in the shape of the Global Fields screen: fields and attributes apart. Same rules, same faults.

use std::borrow::Cow;

use axum::extract::{RawQuery, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use partbook_domain::query::{self, ListQuery};
use partbook_domain::{Entity, FieldError, Json, Object, Pointer, Refusal, Row, Value};
use partbook_repository::Error;

use super::Named;
use super::schema::core;
use crate::extract::idempotency_key::Creation;
use crate::extract::json_body::{self, JsonBody};
use crate::extract::query_string::{self, RawId};
use crate::respond::etag::{precondition, tagged};
use crate::respond::list::JSON;
use crate::respond::problem::Problem;
use crate::router::App;
use crate::routes::collection::changed;

/// The rows of a page without `limit`.
pub(crate) const DEFAULT_LIMIT: u32 = 50;
/// The greatest `limit`.
pub(crate) const MAX_LIMIT: u32 = 200;

pub(super) async fn list(State(app): State<App>, named: Named, RawQuery(text): RawQuery) -> Result<Response, Problem> {
    let entity = named.entity()?;
    let given = query_string::query(text.as_deref())?;
    let (limit, offset) =
        query::parse_page(&given, DEFAULT_LIMIT, MAX_LIMIT).map_err(|faults| Problem::parameters(&faults))?;
    let order = entity.records_order.to_vec();
    let query = ListQuery { order, limit: Some(limit), offset, ..ListQuery::default() };
    let problem = |error: Error| Problem::of(&error, entity, None);
    let total = app.repository().count(entity, &query).await.map_err(problem)?;
    let rows = app.repository().list(entity, &query).await.map_err(problem)?;
    let mut out = Vec::new();
    out.extend_from_slice(
        format!(r#"{{"entity":"{}","label":"{}","records":["#, entity.name, entity.plural).as_bytes(),
    );
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_record(row, &mut out);
    }
    let pagination = format!(r#"],"pagination":{{"total":{total},"limit":{limit},"offset":{offset}}}}}"#);
    out.extend_from_slice(pagination.as_bytes());
    Ok(([(header::CONTENT_TYPE, JSON)], out).into_response())
}

pub(super) async fn create(State(app): State<App>, named: Named, request: Request) -> Result<Response, Problem> {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let body = json_body::read(request).await?;
    let entity = named.entity()?;
    let creation = Creation { app: &app, entity, headers: &headers, path: uri.path(), bytes: &body.bytes };
    creation.answer(&flatten(entity, &body)?, record, |error| refusal(error, entity)).await
}

pub(super) async fn update(
    State(app): State<App>,
    named: Named,
    id: RawId,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let (body, mode) = json_body::read_patch(request).await?;
    let precondition = precondition(&app, &headers, record)?;
    let entity = named.entity()?;
    let id = id.parse(entity)?;
    let body = flatten(entity, &body).map(Cow::Owned);
    let row = changed(&app, entity, id, body, mode, &precondition, |error| refusal(error, entity)).await?;
    Ok(tagged(StatusCode::OK, record(&row)))
}

/// The body in the entity's own shape.
fn flatten(entity: &Entity, body: &JsonBody) -> Result<Object, Problem> {
    let object = body.object()?;
    let mut flat = match object.get("fields") {
        None => Object::new(),
        Some(Json::Object(members)) => members.clone(),
        Some(other) => {
            let detail = format!("must be an object, not {}", other.type_name());
            return Err(Problem::invalid(&[FieldError::new(Pointer::field("fields"), "type", detail)]));
        }
    };
    // The attributes have a place of their own, beside the fields.
    for (alias, _) in entity.aliases.iter().filter(|(_, name)| *name == "attributes") {
        flat.shift_remove(*alias);
    }
    flat.shift_remove("attributes");
    if let Some(attributes) = object.get("attributes") {
        flat.insert("attributes".to_owned(), attributes.clone());
    }
    Ok(flat)
}

/// A refusal with its faults placed in this shape of body.
fn refusal(error: &Error, entity: &Entity) -> Problem {
    let Error::Refused(Refusal::Invalid(faults)) = error else { return Problem::of(error, entity, None) };
    let mut faults = faults.clone();
    for fault in &mut faults {
        if fault.pointer != Pointer::root() && !fault.pointer.is_in("attributes") {
            fault.pointer = fault.pointer.under("fields");
        }
    }
    Problem::invalid(&faults)
}

fn record(row: &Row) -> Vec<u8> {
    let mut out = Vec::new();
    write_record(row, &mut out);
    out
}

fn write_record(row: &Row, out: &mut Vec<u8>) {
    out.extend_from_slice(format!(r#"{{"id":{},"fields":{{"#, row.id).as_bytes());
    for (index, field) in core(row.entity).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(format!(r#""{}":"#, field.name).as_bytes());
        row.value(field.name).unwrap_or(&Value::Null).write_json(out);
    }
    out.extend_from_slice(br#"},"attributes":"#);
    row.value("attributes").unwrap_or(&Value::Json("{}".to_owned().into())).write_json(out);
    out.push(b'}');
}
