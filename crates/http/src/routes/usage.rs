//! `GET …/{id}/listings`: the listings that use a row (contract section 3).

use axum::extract::RawQuery;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use partbook_domain::query;

use crate::extract::collection::Collection;
use crate::extract::preferences::prefers_count;
use crate::extract::query_string;
use crate::extract::row_id::RawId;
use crate::limits::LISTINGS_PAGE;
use crate::respond::links::PageLinks;
use crate::respond::list::{Shape, send_list};
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
    let parameters = query_string::parse(text.as_deref())?;
    let (limit, offset) = query::parse_page(&parameters, LISTINGS_PAGE.default, LISTINGS_PAGE.max)
        .map_err(|errors| Problem::parameters(&errors))?;
    let repository = collection.app.repository();
    let problem = |error| collection.problem(&error);
    // Before the rows, which hold a connection.
    let total = if prefers_count(&headers) {
        Some(repository.count_listings(entity, id).await.map_err(problem)?)
    } else {
        None
    };
    let page = repository.listings(entity, id, limit, offset).await.map_err(problem)?;
    let path = collection.app.path(uri.path());
    let links = |extent| {
        PageLinks { path: &path, parameters: &parameters, limit: Some(limit), offset, extent, total }.headers()
    };
    send_list(page, Shape::array(), links).await.map_err(problem)
}
