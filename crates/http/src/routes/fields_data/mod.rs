//! Catalog metadata for the Global Fields screen (contract section 5), derived from the entities' definitions.

pub(crate) mod records;
mod schema;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, patch};
use partbook_domain::{Entity, registry};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::extract::query_string::path_parameter;
use crate::openapi;
use crate::respond::problem::Problem;
use crate::router::App;

const BASE: &str = "/v1/fields-data";

pub(crate) fn routes() -> OpenApiRouter<App> {
    let at = |rest: &str| format!("{BASE}{rest}");
    OpenApiRouter::new()
        .routes(openapi::routed(at("/entities"), openapi::entities(), get(entities)))
        .routes(openapi::routed(at("/{entity}/schema"), openapi::schema(), get(schema::schema)))
        .routes(openapi::routed(at("/{entity}/records"), openapi::records(), get(records::list).post(records::create)))
        .routes(openapi::routed(at("/{entity}/records/{id}"), openapi::record(), patch(records::update)))
}

/// The entities in the order of the screen: listings first.
fn in_order() -> impl Iterator<Item = &'static Entity> {
    let (catalog, others): (Vec<&Entity>, Vec<&Entity>) = registry().iter().partition(|entity| entity.in_catalog());
    others.into_iter().chain(catalog)
}

async fn entities() -> Json<Value> {
    let entities = in_order().map(|entity| {
        json!({
            "entity": entity.name,
            "label": entity.plural,
            "primary_key": "id",
            "supports_custom_fields": if has_attributes(entity) { "true" } else { "false" },
        })
    });
    Json(json!({ "entities": entities.collect::<Vec<_>>() }))
}

/// Custom fields are kept among the attributes.
fn has_attributes(entity: &Entity) -> bool {
    entity.field("attributes").is_some()
}

/// The entity that a path names; a body's faults come first where there is a body, so it is judged by the handler.
pub(crate) struct Named(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(path_parameter(parts, state, "entity").await))
    }
}

impl Named {
    fn entity(&self) -> Result<&'static Entity, Problem> {
        let name = self.0.as_deref().unwrap_or_default();
        let found = registry().iter().find(|entity| entity.name == name);
        found.copied().ok_or_else(|| {
            let known = in_order().map(|entity| entity.name).collect::<Vec<_>>().join(", ");
            Problem::new(StatusCode::NOT_FOUND, format!("Entity '{name}' not found; there are: {known}"))
        })
    }
}
