//! `GET …/{id}/listings`: the listings that use a row (contract section 3).

use axum::extract::RawQuery;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use partbook_domain::query::ListKey;
use partbook_repository::Extent;

use crate::extract::collection::Collection;
use crate::extract::page_cursor;
use crate::extract::preferences::prefers_count;
use crate::extract::query_string;
use crate::extract::row_id::RawId;
use crate::limits::LISTINGS_PAGE;
use crate::respond::links::{PageLinks, Walk};
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
    let parameters = query_string::parse(text.as_deref());
    if let Ok(parameters) = &parameters {
        page_cursor::check(parameters)?;
    }
    let id = id.parse(entity)?;
    let parameters = parameters?;
    let order = [entity.usage_order];
    let list = ListKey::of(&format!("{} {id} listings", entity.name), &[], &order);
    let query = page_cursor::page(&parameters, LISTINGS_PAGE, list, &order)?;
    let repository = collection.app.repository();
    let problem = |error| collection.problem(&error);
    // Before the rows, which hold a connection.
    let total = if prefers_count(&headers) {
        Some(repository.count_listings(entity, id).await.map_err(problem)?)
    } else {
        None
    };
    let page = repository.listings(entity, id, &query).await.map_err(problem)?;
    let path = collection.app.path(uri.path());
    let links = |extent: Option<&Extent>| {
        let walk = Walk::of(&parameters, query.offset, list, query.cursor.as_ref());
        PageLinks { path: &path, parameters: &parameters, limit: Some(query.limit), walk, extent, total }.headers()
    };
    send_list(page, Shape::array(), links).await.map_err(problem)
}
