//! The operations that tell how the service is and what it offers.

use serde_json::{Map, Value, json};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ContentBuilder, ObjectBuilder, ResponseBuilder};

use super::builder::{Described, get, named_schemas, operation, reference, text};
use super::response::json_response;

/// `GET /health`
pub(crate) fn health() -> Described {
    let operation = operation("health", "health", "Whether the database answers")
        .response("200", json_response("It does", reference("Health")))
        .response("503", json_response("It does not", reference("Health")))
        .build();
    get(operation, named_schemas([state("Health", &["status", "environment", "version", "database"])]))
}

/// `GET /livez`
pub(crate) fn livez() -> Described {
    let operation = operation("health", "livez", "Whether the process lives")
        .response("200", json_response("It does", reference("State")))
        .build();
    get(operation, named_schemas([state("State", &["status", "reason"])]))
}

/// `GET /readyz`
pub(crate) fn readyz() -> Described {
    let operation = operation("health", "readyz", "Whether requests should be sent here")
        .response("200", json_response("They should", reference("State")))
        .response("503", json_response("They should not, for now", reference("State")))
        .build();
    get(operation, Vec::new())
}

/// `GET /metrics`
pub(crate) fn metrics() -> Described {
    let content = ContentBuilder::new().schema(Some(text())).build();
    let response = ResponseBuilder::new().description("The figures").content("text/plain", content).build();
    let operation = operation("health", "get_metrics", "Get the service's figures in Prometheus' text format")
        .description(Some("Elsewhere when the service has a listener for operators (`PARTBOOK_ADMIN_LISTEN`)."))
        .response("200", response)
        .build();
    get(operation, Vec::new())
}

/// `GET /openapi.json`
pub(crate) fn document() -> Described {
    let document = ObjectBuilder::new().schema_type(Type::Object).into();
    let operation = operation("health", "get_openapi", "Get this document; /docs is a page to read it")
        .response("200", json_response("The document", document))
        .build();
    get(operation, Vec::new())
}

fn state(name: &'static str, members: &[&str]) -> (&'static str, Value) {
    let properties: Map<String, Value> =
        members.iter().map(|member| ((*member).to_owned(), json!({ "type": "string" }))).collect();
    (name, json!({ "type": "object", "properties": properties, "required": ["status"] }))
}
