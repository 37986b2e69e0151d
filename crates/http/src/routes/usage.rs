//! `GET …/{id}/listings`: who uses a row (contract section 3).

use axum::extract::RawQuery;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use partbook_domain::query;

use crate::extract::collection::Collection;
use crate::extract::query_string;
use crate::extract::row_id::RawId;
use crate::limits::LISTINGS_PAGE;
use crate::respond::links::Place;
use crate::respond::list as rows;
use crate::respond::problem::Problem;

pub(crate) async fn listings(
    collection: Collection,
    id: RawId,
    RawQuery(text): RawQuery,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let entity = collection.entity;
    let id = id.parse(entity)?;
    let given = query_string::query(text.as_deref())?;
    let (limit, offset) = query::parse_page(&given, LISTINGS_PAGE.default, LISTINGS_PAGE.max)
        .map_err(|faults| Problem::parameters(&faults))?;
    let repository = collection.app.repository();
    let rows = repository.listings(entity, id, limit, offset).await.map_err(|error| collection.problem(&error))?;
    let total = if query_string::prefers_count(&headers) {
        Some(repository.count_listings(entity, id).await.map_err(|error| collection.problem(&error))?)
    } else {
        None
    };
    let place =
        |more| Place { path: uri.path(), parameters: &given, limit: Some(limit), offset, more, total }.headers();
    let has_more = async { Ok(repository.count_listings(entity, id).await? > offset.saturating_add(limit.into())) };
    rows::send(rows, Some(limit), has_more, place).await.map_err(|error| collection.problem(&error))
}
