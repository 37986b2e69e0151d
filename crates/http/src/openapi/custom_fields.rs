//! Describes the operations on custom fields.

use partbook_domain::access::Operation as Kind;
use partbook_domain::entity::custom_field::{CUSTOM_FIELD, MAX_OPTIONS, extensible};
use serde_json::json;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{HttpMethod, ObjectBuilder, RefOr, Schema};

use super::builder::{Described, entity_name, get, named_schemas, path, reference, schema_of, text};
use super::entity_schema::{answer_name, input_name, of_entity, patch_name};
use super::example;
use super::operation::operation;
use super::problem_schema::{field_in_use_problem, stale_problem};
use super::request::{
    id_parameter, idempotency_key, if_match, if_none_match, prefer_strict, query_parameter, request_body,
};
use super::response::{
    WRITE_FAILURES, changed_response, created_response, field_in_use, json_response, key_in_use, not_modified_response,
    row_response, stale, with_failures,
};

const TAG: &str = "fields";

/// `GET` and `POST /v1/fields`
pub(crate) fn definitions() -> Described {
    let entity = &CUSTOM_FIELD;
    let list = operation(Kind::ListFields, TAG, "list_custom_fields", "List the custom fields")
        .description(Some("By entity and display order. A database without a table of them has none."))
        .parameter(query_parameter("entity", "Those of this entity.", entity_name()))
        .parameter(flag("include_inactive", "Those that are not active, too."))
        .parameter(flag("include_deleted", "Those that are deleted, too."))
        .response("200", json_response("The custom fields", reference("CustomFieldList")));
    let create = operation(Kind::CreateField, TAG, "create_custom_field", "Create a custom field")
        .description(Some(
            "A key that is taken is refused; a deleted custom field with it is restored, as the body says.",
        ))
        .parameter(actor())
        .parameter(idempotency_key())
        .parameter(prefer_strict())
        .request_body(Some(request_body(&input_name(entity), &["application/json"], example::body(entity).as_ref())))
        .response("201", created_response(reference(&answer_name(entity))))
        .response("409", key_in_use());
    let item = path()
        .operation(HttpMethod::Get, with_failures(list, &["422"]))
        .operation(HttpMethod::Post, with_failures(create, &["400", "413", "415", "422"]))
        .build();
    let listed = json!({
        "type": "object",
        "properties": { "fields": { "type": "array", "items": { "$ref": "#/components/schemas/CustomField" } } },
        "required": ["fields"],
    });
    let mut schemas = of_entity(entity);
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| *name != answer_name(entity)) {
        state_rules(schema);
    }
    schemas.extend(named_schemas([("CustomFieldList", listed)]));
    Described { item, schemas }
}

/// `GET /v1/fields/usage`
pub(crate) fn usage() -> Described {
    let whole = json!({ "type": "integer" });
    let usage = json!({
        "type": "object",
        "properties": {
            "field_id": whole,
            "entity": { "type": "string" },
            "key": { "type": "string" },
            "total": { "type": "integer", "description": "How many rows have the member." },
            "counts": { "type": "object", "additionalProperties": whole, "description": "The same by entity." },
        },
        "required": ["field_id", "entity", "key", "total", "counts"],
    });
    let list = json!({
        "type": "object",
        "properties": { "usage": { "type": "array", "items": { "$ref": "#/components/schemas/CustomFieldUsage" } } },
        "required": ["usage"],
    });
    let operation = operation(
        Kind::CountFieldUses,
        TAG,
        "list_custom_field_usage",
        "Count the rows that have a value of each custom field",
    )
    .response("200", json_response("The counts", reference("CustomFieldUsageList")));
    get(with_failures(operation, &[]), named_schemas([("CustomFieldUsage", usage), ("CustomFieldUsageList", list)]))
}

/// `GET`, `PATCH` and `DELETE /v1/fields/{id}`
pub(crate) fn definition() -> Described {
    let entity = &CUSTOM_FIELD;
    let read = operation(Kind::GetField, TAG, "get_custom_field", "Get a custom field")
        .parameter(id_parameter())
        .parameter(if_none_match())
        .response("200", row_response(reference(&answer_name(entity))))
        .response("304", not_modified_response());
    let update = operation(Kind::UpdateField, TAG, "update_custom_field", "Change a custom field")
        .description(Some("A merge patch (RFC 7396). No row's attributes change with it, and `entity` and `key` stay while rows have a value."))
        .parameter(id_parameter())
        .parameter(actor())
        .parameter(if_match())
        .parameter(prefer_strict())
        .request_body(Some(request_body(
            &patch_name(entity),
            &["application/merge-patch+json", "application/json"],
            example::patch(entity).as_ref(),
        )))
        .response("200", changed_response(reference(&answer_name(entity))))
        .response("409", field_in_use())
        .response("412", stale(entity.type_name));
    let delete = operation(Kind::DeleteField, TAG, "delete_custom_field", "Delete a custom field")
        .description(Some(
            "Refused while rows have a value of it. It is marked as deleted, and creating it again restores it. No row's \
             attributes change.",
        ))
        .parameter(id_parameter())
        .parameter(flag("hard_delete", "Remove its row, instead of marking it."))
        .parameter(flag("force", "Delete it though rows have a value of it."))
        .parameter(actor())
        .parameter(if_match())
        .response("200", json_response("Deleted; how much it was used", reference("CustomFieldUsage")))
        .response("409", field_in_use())
        .response("412", stale(entity.type_name));
    let item = path()
        .operation(HttpMethod::Get, with_failures(read, &["404", "422"]))
        .operation(HttpMethod::Patch, with_failures(update, &WRITE_FAILURES))
        .operation(HttpMethod::Delete, with_failures(delete, &["400", "404", "422", "428"]))
        .build();
    let mut schemas = vec![stale_problem(entity.type_name)];
    schemas.extend(field_in_use_problem());
    Described { item, schemas }
}

/// States in a body's schema what the definition's check finds.
fn state_rules(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(body)) = schema else { return };
    let names: Vec<&str> = extensible().map(|entity| entity.name).collect();
    let option = json!({ "type": "string", "minLength": 1 });
    for (name, rule) in [
        ("entity", json!({ "type": "string", "enum": names })),
        ("key", json!({ "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z][A-Za-z0-9_-]*$" })),
        (
            "options",
            json!({ "type": ["array", "null"], "items": option, "uniqueItems": true, "maxItems": MAX_OPTIONS }),
        ),
        ("validation", json!({ "type": ["object", "null"] })),
        ("deleted_at", json!({ "type": "null" })),
    ] {
        let Some((_, field)) = CUSTOM_FIELD.field(name) else { continue };
        let mut rule = rule;
        rule["description"] = field.doc.into();
        body.properties.insert(name.to_owned(), schema_of(&rule));
    }
}

fn flag(name: &str, description: &str) -> Parameter {
    let schema: RefOr<Schema> = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(false.into())).into();
    query_parameter(name, description, schema)
}

fn actor() -> Parameter {
    query_parameter("actor", "Who does it; a new custom field without `created_by` gets it from here.", text())
}
