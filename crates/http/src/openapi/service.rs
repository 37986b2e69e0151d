//! Describes the health checks, `/metrics` and `/openapi.json`.

use partbook_domain::access::Operation as Kind;
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ContentBuilder, ObjectBuilder, ResponseBuilder};

use super::builder::{Described, get, named_schemas, reference, text};
use super::operation::operation;
use super::response::json_response;

/// `GET /health`
pub(crate) fn health() -> Described {
    let operation = operation(Kind::CheckHealth, "health", "health", "Check that the database answers")
        .description(Some("Without more than `status` to those who may not read."))
        .response("200", json_response("The database answers", reference("Health")))
        .response("503", json_response("The database does not answer", reference("Health")))
        .build();
    let (name, mut health) = state("Health", &["status", "environment", "version", "commit", "database"]);
    let count = json!({ "type": "integer" });
    health["properties"]["replicas"] = json!({ "type": "object", "properties": { "in_use": count, "left_out": count }, "required": ["in_use", "left_out"] });
    get(operation, named_schemas([(name, health)]))
}

/// `GET /livez`
pub(crate) fn livez() -> Described {
    let operation = operation(Kind::CheckHealth, "health", "livez", "Check that the process is alive")
        .response("200", json_response("The process is alive", reference("State")))
        .build();
    get(operation, named_schemas([state("State", &["status", "reason"])]))
}

/// `GET /readyz`
pub(crate) fn readyz() -> Described {
    let operation = operation(Kind::CheckHealth, "health", "readyz", "Check whether new requests should be sent here")
        .response("200", json_response("The service is ready", reference("State")))
        .response("503", json_response("New requests should go elsewhere for now", reference("State")))
        .build();
    get(operation, Vec::new())
}

/// `GET /metrics`
pub(crate) fn metrics() -> Described {
    let content = ContentBuilder::new().schema(Some(text())).build();
    let response = ResponseBuilder::new().description("The metrics").content("text/plain", content).build();
    let operation = operation(Kind::GetMetrics, "health", "get_metrics", "Get the metrics in Prometheus' text format")
        .description(Some("Served only by the listener for operators, if there is one (`PARTBOOK_ADMIN_LISTEN`)."))
        .response("200", response)
        .build();
    get(operation, Vec::new())
}

/// `GET /openapi.json`
pub(crate) fn document() -> Described {
    let document = ObjectBuilder::new().schema_type(Type::Object).into();
    let operation =
        operation(Kind::GetDocument, "health", "get_openapi", "Get this document; /docs is a page to read it")
            .response("200", json_response("The document", document))
            .build();
    get(operation, Vec::new())
}

fn state(name: &'static str, members: &[&str]) -> (&'static str, Value) {
    let properties: Map<String, Value> =
        members.iter().map(|member| ((*member).to_owned(), json!({ "type": "string" }))).collect();
    (name, json!({ "type": "object", "properties": properties, "required": ["status"] }))
}
