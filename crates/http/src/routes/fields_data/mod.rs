//! The metadata screen, `/v1/fields-data` (contract section 5), made from the entities' definitions.

mod records;
mod schema;

use axum::Json;
use axum::routing::{get, patch};
use partbook_domain::Entity;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::extract::entity_name::in_screen_order;
use crate::openapi;
use crate::state::App;

const BASE: &str = "/v1/fields-data";

pub(crate) fn routes() -> OpenApiRouter<App> {
    let at = |rest: &str| format!("{BASE}{rest}");
    OpenApiRouter::new()
        .routes(openapi::routed(at("/entities"), openapi::fields_data::entities(), get(entities)))
        .routes(openapi::routed(at("/{entity}/schema"), openapi::fields_data::schema(), get(schema::schema)))
        .routes(openapi::routed(
            at("/{entity}/records"),
            openapi::fields_data::records(),
            get(records::list).post(records::create),
        ))
        .routes(openapi::routed(at("/{entity}/records/{id}"), openapi::fields_data::record(), patch(records::update)))
}

async fn entities() -> Json<Value> {
    let entities = in_screen_order().map(|entity| {
        json!({
            "entity": entity.name,
            "label": entity.plural,
            "primary_key": "id",
            "supports_custom_fields": if has_attributes(entity) { "true" } else { "false" },
        })
    });
    Json(json!({ "entities": entities.collect::<Vec<_>>() }))
}

/// Custom fields are stored in the attributes.
fn has_attributes(entity: &Entity) -> bool {
    entity.field("attributes").is_some()
}
