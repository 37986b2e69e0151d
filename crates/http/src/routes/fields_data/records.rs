//! Rows in the shape of the Global Fields screen: fields and attributes apart. Same rules, same faults.

use std::borrow::Cow;

use axum::extract::{RawQuery, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use partbook_domain::query::{self, ListQuery};
use partbook_domain::{Entity, Refusal};
use partbook_repository::Error;

use crate::extract::entity_name::Named;
use crate::extract::json_body;
use crate::extract::preconditions::precondition;
use crate::extract::query_string;
use crate::extract::row_id::RawId;
use crate::header::JSON;
use crate::limits::RECORDS_PAGE;
use crate::representation::record;
use crate::respond::problem::Problem;
use crate::respond::row::tagged;
use crate::routes::write::{Creation, changed};
use crate::state::App;

pub(super) async fn list(State(app): State<App>, named: Named, RawQuery(text): RawQuery) -> Result<Response, Problem> {
    let entity = named.entity()?;
    let given = query_string::query(text.as_deref())?;
    let (limit, offset) = query::parse_page(&given, RECORDS_PAGE.default, RECORDS_PAGE.max)
        .map_err(|faults| Problem::parameters(&faults))?;
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
        record::write(row, &mut out);
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
    let object = record::read(entity, &body.json).map_err(|faults| Problem::invalid(&faults))?;
    creation.answer(&object, record::to_json, |error| refusal(error, entity)).await
}

pub(super) async fn update(
    State(app): State<App>,
    named: Named,
    id: RawId,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let (body, mode) = json_body::read_patch(request).await?;
    let precondition = precondition(&app, &headers, record::to_json)?;
    let entity = named.entity()?;
    let id = id.parse(entity)?;
    let body = record::read(entity, &body.json).map(Cow::Owned).map_err(|faults| Problem::invalid(&faults));
    let row = changed(&app, entity, id, body, mode, &precondition, |error| refusal(error, entity)).await?;
    Ok(tagged(StatusCode::OK, record::to_json(&row)))
}

/// A refusal with its faults placed in this shape of body.
fn refusal(error: &Error, entity: &Entity) -> Problem {
    let Error::Refused(Refusal::Invalid(faults)) = error else { return Problem::of(error, entity, None) };
    let mut faults = faults.clone();
    for fault in &mut faults {
        fault.pointer = record::place(fault.pointer.clone());
    }
    Problem::invalid(&faults)
}
