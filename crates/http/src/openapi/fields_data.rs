//! Describes the operations of the metadata screen.

use partbook_domain::access::Operation as Kind;
use serde_json::{Value, json};
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{ArrayBuilder, Object};
use utoipa::openapi::{HttpMethod, RefOr, Schema};

use super::builder::{Described, any, entity_name, get, named_schemas, path, reference, schema_of};
use super::operation::operation;
use super::problem_schema::stale_problem;
use super::request::{
    cursor, id_parameter, idempotency_key, if_match, limit, offset, path_parameter, prefer_strict, request_body,
};
use super::response::{
    WRITE_FAILURES, changed_response, found_or_created_response, json_response, key_in_use, linked, no_such_cursor,
    stale, with_failures,
};
use crate::limits::RECORDS_PAGE;

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
    let operation = operation(Kind::ListEntities, "fields-data", "list_entities", "List the entities")
        .response("200", json_response("The entities", reference("EntityList")))
        .build();
    get(operation, named_schemas([("EntityList", list)]))
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
        "properties": { "entity": text, "label": text, "primary_key": text },
        "required": ["entity", "label", "primary_key", "fields"],
    });
    // Custom fields may have options of any kind.
    let field = with_property(&field, "options", any("The words to choose from."));
    let schema = with_property(&schema, "fields", ArrayBuilder::new().items(field));
    let operation = operation(Kind::GetSchema, "fields-data", "get_entity_schema", "Get the fields of an entity")
        .parameter(entity_parameter())
        .response("200", json_response("The fields", reference("EntitySchema")));
    get(with_failures(operation, &["404"]), vec![("EntitySchema".to_owned(), RefOr::T(schema.into()))])
}

/// `GET` and `POST /v1/fields-data/{entity}/records`
pub(crate) fn records() -> Described {
    let mut record = record_properties("object");
    record["id"] = json!({ "type": "integer" });
    let record = json!({ "type": "object", "properties": record, "required": ["id", "fields", "attributes"] });
    // Null stands for no attributes.
    let input = json!({ "type": "object", "properties": record_properties(["object", "null"]) });
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
    let read = operation(Kind::ListRecords, "fields-data", "list_records", "List the rows of an entity")
        .parameter(entity_parameter())
        .parameter(limit(RECORDS_PAGE.max, Some(RECORDS_PAGE.default)))
        .parameter(offset())
        .parameter(cursor())
        .response("400", no_such_cursor())
        .response("200", linked(json_response("The rows", reference("RecordList"))));
    let create = operation(Kind::CreateRecord, "fields-data", "create_record", "Create a row of an entity")
        .parameter(entity_parameter())
        .parameter(idempotency_key())
        .parameter(prefer_strict())
        .request_body(Some(request_body("RecordInput", &["application/json"], None)))
        .response("201", found_or_created_response(reference("Record")))
        .response("409", key_in_use());
    let item = path()
        .operation(HttpMethod::Get, with_failures(read, &["404", "422"]))
        .operation(HttpMethod::Post, with_failures(create, &["400", "404", "413", "415", "422"]))
        .build();
    Described { item, schemas: named_schemas([("RecordInput", input), ("Record", record), ("RecordList", list)]) }
}

/// `PATCH /v1/fields-data/{entity}/records/{id}`
pub(crate) fn record() -> Described {
    let update = operation(Kind::UpdateRecord, "fields-data", "update_record", "Change a row of an entity")
        .description(Some("A merge patch (RFC 7396) of the fields and of the attributes."))
        .parameter(entity_parameter())
        .parameter(id_parameter())
        .parameter(if_match())
        .parameter(prefer_strict())
        .request_body(Some(request_body("RecordInput", &["application/json", "application/merge-patch+json"], None)))
        .response("200", changed_response(reference("Record")))
        .response("412", stale("Record"));
    let item = path().operation(HttpMethod::Patch, with_failures(update, &WRITE_FAILURES)).build();
    Described { item, schemas: vec![stale_problem("Record")] }
}

/// The schema of an object, with one more property.
fn with_property(object: &Value, name: &str, property: impl Into<RefOr<Schema>>) -> Object {
    let RefOr::T(Schema::Object(mut object)) = schema_of(object) else { panic!("{name} is a property of an object") };
    object.properties.insert(name.to_owned(), property.into());
    object
}

fn record_properties(attributes: impl Into<Value>) -> Value {
    json!({
        "fields": { "type": "object", "additionalProperties": true, "description": "The entity's fields." },
        "attributes": { "type": attributes.into(), "additionalProperties": true, "description": "The caller's own keys." },
    })
}

fn entity_parameter() -> Parameter {
    path_parameter("entity", "The entity's name.", entity_name())
}
