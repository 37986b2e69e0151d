//! The operations beside the collections, and the schemas of problems.

use partbook_domain::{CODES, registry};
use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ContentBuilder, HttpMethod, ObjectBuilder, RefOr, ResponseBuilder, Schema};

use super::conditions::{created_response, idempotency_key, if_match, row_response};
use super::operations::{
    WRITE, failing, id_parameter, json_response, limit, offset, path, path_parameter, request_body, still_running, text,
};
use super::{Described, reference};
use crate::limits::RECORDS_PAGE;

/// A schema from its text: these few are plain data.
fn schema_of(value: Value) -> RefOr<Schema> {
    RefOr::T(serde_json::from_value(value).expect("the schema is well formed"))
}

fn named(schemas: impl IntoIterator<Item = (&'static str, Value)>) -> Vec<(String, RefOr<Schema>)> {
    schemas.into_iter().map(|(name, value)| (name.to_owned(), schema_of(value))).collect()
}

/// The shapes of errors.
pub(super) fn problem_schemas() -> Vec<(String, RefOr<Schema>)> {
    let problem = |more: Value| {
        let mut properties = json!({
            "type": { "type": "string", "description": "A URI that names the kind of problem." },
            "title": { "type": "string", "description": "The status in words." },
            "status": { "type": "integer", "description": "The status." },
            "detail": { "type": "string", "description": "What happened and what to do, fit to show a person." },
            "instance": { "type": "string", "description": "The path that was asked for." },
            "request_id": { "type": "string", "description": "Names the request in the service's log." },
        });
        let mut required = vec!["type", "title", "status", "detail", "instance", "request_id"];
        for (name, schema) in more.as_object().into_iter().flatten() {
            properties[name] = schema.clone();
            // A row that must stay for another reason than listings comes without its usage.
            if name != "usage" {
                required.push(name);
            }
        }
        json!({ "type": "object", "properties": properties, "required": required })
    };
    let fault = json!({
        "type": "object",
        "properties": {
            "pointer": { "type": "string", "description": "Where in the body (RFC 6901, as a URI fragment)." },
            "parameter": { "type": "string", "description": "Which parameter of the query or the path." },
            "detail": { "type": "string", "description": "What is wrong." },
            "code": { "type": "string", "enum": CODES, "description": "A word for programs." },
        },
        "required": ["detail", "code"],
    });
    let usage = json!({
        "type": "object",
        "properties": {
            "count": { "type": "integer", "description": "How many listings, each counted once." },
            "listings": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": { "id": { "type": "integer" }, "title": { "type": "string" } },
                    "required": ["id", "title"],
                },
                "description": "The first 20 of them.",
            },
            "href": { "type": ["string", "null"], "description": "The path of all of them." },
        },
        "required": ["count", "listings", "href"],
    });
    let current = json!({ "type": "object", "additionalProperties": true, "description": "The row as it is now." });
    named([
        ("Problem", problem(json!({}))),
        ("InvalidProblem", problem(json!({ "errors": { "type": "array", "items": fault } }))),
        ("InUseProblem", problem(json!({ "usage": usage }))),
        ("StaleProblem", problem(json!({ "current": current }))),
    ])
}

fn operation(tag: &str, id: &str, summary: &str) -> OperationBuilder {
    OperationBuilder::new().operation_id(Some(id)).summary(Some(summary)).tag(tag)
}

fn get(operation: Operation, schemas: Vec<(String, RefOr<Schema>)>) -> Described {
    Described { item: path().operation(HttpMethod::Get, operation).build(), schemas }
}

fn entity_parameter() -> Parameter {
    let names = registry().iter().map(|entity| entity.name);
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    path_parameter("entity", "The entity's name.", schema.into())
}

/// `GET /v1/fields-data/entities`
pub(crate) fn entities() -> Described {
    let text = json!({ "type": "string" });
    let entity = json!({
        "type": "object",
        "properties": {
            "entity": text, "label": text, "primary_key": text,
            "supports_custom_fields": { "type": "string", "enum": ["true", "false"] },
        },
        "required": ["entity", "label", "primary_key", "supports_custom_fields"],
    });
    let list = json!({
        "type": "object",
        "properties": { "entities": { "type": "array", "items": entity } },
        "required": ["entities"],
    });
    let operation = operation("fields-data", "list_entities", "List the entities")
        .response("200", json_response("The entities", reference("EntityList")))
        .build();
    get(operation, named([("EntityList", list)]))
}

/// `GET /v1/fields-data/{entity}/schema`
pub(crate) fn schema() -> Described {
    let text = json!({ "type": "string" });
    let number = json!({ "type": ["number", "null"] });
    let flag = json!({ "type": "boolean" });
    let field = json!({
        "type": "object",
        "properties": {
            "id": { "type": "integer", "description": "Of a custom field." },
            "key": text,
            "label": text,
            "data_type": { "type": "string", "description": "string, text, number, boolean, enum or json; of a custom field what it was given." },
            "required": flag,
            "editable": flag,
            "locked": flag,
            "origin": { "type": "string", "enum": ["core", "custom"] },
            "description": { "type": ["string", "null"] },
            "options": { "description": "The words to choose from." },
            "validation": {
                "type": "object",
                "properties": { "min": number, "max": number, "max_length": number },
                "required": ["min", "max", "max_length"],
            },
            "is_active": { "type": "boolean", "description": "Of a custom field." },
        },
        "required": ["key", "label", "data_type", "required", "editable", "locked", "origin", "description", "options"],
    });
    let schema = json!({
        "type": "object",
        "properties": {
            "entity": text, "label": text, "primary_key": text,
            "fields": { "type": "array", "items": field },
        },
        "required": ["entity", "label", "primary_key", "fields"],
    });
    let operation = operation("fields-data", "get_entity_schema", "Get the fields of an entity")
        .parameter(entity_parameter())
        .response("200", json_response("The fields", reference("EntitySchema")));
    get(failing(operation, &["404"]), named([("EntitySchema", schema)]))
}

fn record_properties() -> Value {
    json!({
        "fields": { "type": "object", "additionalProperties": true, "description": "The entity's fields." },
        "attributes": { "type": "object", "additionalProperties": true, "description": "The caller's own keys." },
    })
}

/// `GET` and `POST /v1/fields-data/{entity}/records`
pub(crate) fn records() -> Described {
    let mut record = record_properties();
    let input = json!({ "type": "object", "properties": record });
    record["id"] = json!({ "type": "integer" });
    let record = json!({ "type": "object", "properties": record, "required": ["id", "fields", "attributes"] });
    let number = json!({ "type": "integer" });
    let list = json!({
        "type": "object",
        "properties": {
            "entity": { "type": "string" },
            "label": { "type": "string" },
            "records": { "type": "array", "items": { "$ref": "#/components/schemas/Record" } },
            "pagination": {
                "type": "object",
                "properties": { "total": number, "limit": number, "offset": number },
                "required": ["total", "limit", "offset"],
            },
        },
        "required": ["entity", "label", "records", "pagination"],
    });
    let read = operation("fields-data", "list_records", "List the rows of an entity")
        .parameter(entity_parameter())
        .parameter(limit(RECORDS_PAGE.max, Some(RECORDS_PAGE.default)))
        .parameter(offset())
        .response("200", json_response("The rows", reference("RecordList")));
    let create = operation("fields-data", "create_record", "Create a row of an entity")
        .parameter(entity_parameter())
        .parameter(idempotency_key())
        .request_body(Some(request_body("RecordInput", &["application/json"])))
        .response("201", created_response(reference("Record")))
        .response("409", still_running());
    let item = path()
        .operation(HttpMethod::Get, failing(read, &["404", "422"]))
        .operation(HttpMethod::Post, failing(create, &["400", "404", "413", "415", "422"]))
        .build();
    Described { item, schemas: named([("RecordInput", input), ("Record", record), ("RecordList", list)]) }
}

/// `PATCH /v1/fields-data/{entity}/records/{id}`
pub(crate) fn record() -> Described {
    let update = operation("fields-data", "update_record", "Change a row of an entity")
        .description(Some("A merge patch (RFC 7396) of the fields and of the attributes."))
        .parameter(entity_parameter())
        .parameter(id_parameter())
        .parameter(if_match())
        .request_body(Some(request_body("RecordInput", &["application/json", "application/merge-patch+json"])))
        .response("200", row_response(reference("Record")));
    let item = path().operation(HttpMethod::Patch, failing(update, &WRITE)).build();
    Described { item, schemas: Vec::new() }
}

fn state(name: &'static str, members: &[&str]) -> (&'static str, Value) {
    let properties: serde_json::Map<String, Value> =
        members.iter().map(|member| ((*member).to_owned(), json!({ "type": "string" }))).collect();
    (name, json!({ "type": "object", "properties": properties, "required": ["status"] }))
}

/// `GET /health`
pub(crate) fn health() -> Described {
    let operation = operation("health", "health", "Whether the database answers")
        .response("200", json_response("It does", reference("Health")))
        .response("503", json_response("It does not", reference("Health")))
        .build();
    get(operation, named([state("Health", &["status", "environment", "version", "database"])]))
}

/// `GET /livez`
pub(crate) fn livez() -> Described {
    let operation = operation("health", "livez", "Whether the process lives")
        .response("200", json_response("It does", reference("State")))
        .build();
    get(operation, named([state("State", &["status", "reason"])]))
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
pub(crate) fn itself() -> Described {
    let document = ObjectBuilder::new().schema_type(Type::Object).into();
    let operation = operation("health", "get_openapi", "Get this document; /docs is a page to read it")
        .response("200", json_response("The document", document))
        .build();
    get(operation, Vec::new())
}
