//! The schemas of problems.

use partbook_domain::{CODES, MAX_SHOWN_ERRORS};
use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Schema};

use super::builder::{named_schemas, schema_of};

/// The name of the schema of a 412 that shows a row of this schema.
pub(super) fn stale_name(row: &str) -> String {
    format!("Stale{row}Problem")
}

/// The schema of a 412 that shows a row of this schema.
pub(super) fn stale_problem(row: &str) -> (String, RefOr<Schema>) {
    let current = json!({ "$ref": format!("#/components/schemas/{row}") });
    (stale_name(row), schema_of(&problem(&json!({ "current": current }))))
}

/// The schema of a problem with these members beside those that every problem has.
fn problem(more: &Value) -> Value {
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
        // A row that must stay for another reason than being used has no `usage`, and few errors need no total.
        if !["usage", "errors_total"].contains(&name.as_str()) {
            required.push(name);
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

/// The schema of a 409 of a custom field.
pub(super) fn field_in_use_problem() -> Vec<(String, RefOr<Schema>)> {
    let usage = json!({ "usage": { "$ref": "#/components/schemas/CustomFieldUsage" } });
    named_schemas([("CustomFieldInUseProblem", problem(&usage))])
}

/// The schemas of the other problems.
pub(super) fn problem_schemas() -> Vec<(String, RefOr<Schema>)> {
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
    let invalid = json!({
        "errors": { "type": "array", "items": fault, "maxItems": MAX_SHOWN_ERRORS },
        "errors_total": {
            "type": "integer",
            "description": "How many errors there are, where that is more than `errors` shows.",
        },
    });
    named_schemas([
        ("Problem", problem(&json!({}))),
        ("InvalidProblem", problem(&invalid)),
        ("InUseProblem", problem(&json!({ "usage": usage }))),
    ])
}
