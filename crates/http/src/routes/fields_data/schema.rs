//! `/v1/fields-data/{entity}/schema`: the fields of an entity, for forms.

use axum::Json;
use axum::extract::State;
use partbook_domain::{Field, Kind, Row, Value as Column, Vocabulary};
use serde_json::{Value, json};

use crate::extract::entity_name::EntityName;
use crate::representation::form_fields;
use crate::respond::problem::Problem;
use crate::state::App;

pub(super) async fn schema(State(app): State<App>, name: EntityName) -> Result<Json<Value>, Problem> {
    let entity = name.entity()?;
    let custom = app.repository().custom_fields(entity).await.map_err(|error| Problem::of(&error, entity))?;
    let fields: Vec<Value> = form_fields(entity)
        .map(|field| describe(field, app.repository().vocabulary()))
        .chain(custom.iter().map(describe_custom))
        .collect();
    Ok(Json(json!({ "entity": entity.name, "label": entity.plural, "primary_key": "id", "fields": fields })))
}

fn describe(field: &Field, vocabulary: &Vocabulary) -> Value {
    let options = match field.kind {
        Kind::Enum(enumeration) => Some(vocabulary.words(enumeration).collect::<Vec<_>>()),
        _ => None,
    };
    let number = |limit: Option<f64>| match field.kind {
        #[expect(clippy::cast_possible_truncation, reason = "limits of integer fields are small whole numbers")]
        Kind::Int => limit.map(|limit| json!(limit as i64)),
        _ => limit.map(|limit| json!(limit)),
    };
    json!({
        "key": field.name,
        "label": label(field.name),
        "data_type": data_type(field),
        "required": field.required,
        "editable": true,
        "locked": false,
        "origin": "core",
        "description": field.doc,
        "options": options,
        "validation": {
            "min": number(field.limits.min),
            "max": number(field.limits.max),
            "max_length": field.limits.max_length,
        },
    })
}

fn data_type(field: &Field) -> &'static str {
    match field.kind {
        Kind::Text if field.limits.max_length.is_none() => "text",
        Kind::Text | Kind::Url | Kind::Time => "string",
        Kind::Int | Kind::Float => "number",
        Kind::Bool => "boolean",
        Kind::Enum(_) => "enum",
        _ => "json",
    }
}

/// `cpu_mark_multi` is `CPU Mark Multi`.
fn label(name: &str) -> String {
    let word = |word: &str| match word {
        "cpu" | "gpu" | "ram" | "tdp" | "ddr" | "gb" | "usd" | "url" | "id" | "os" => word.to_ascii_uppercase(),
        "urls" => "URLs".to_owned(),
        "igpu" => "iGPU".to_owned(),
        "mhz" => "MHz".to_owned(),
        "w" => "(W)".to_owned(),
        "passmark" => "PassMark".to_owned(),
        "json" => String::new(),
        _ => word[..1].to_ascii_uppercase() + &word[1..],
    };
    name.split('_').map(word).collect::<Vec<_>>().join(" ").trim().to_owned()
}

fn describe_custom(row: &Row) -> Value {
    let value = |name| row.value(name).map_or(Value::Null, plain);
    json!({
        "id": row.id,
        "key": value("key"),
        "label": value("label"),
        "data_type": value("data_type"),
        "required": value("required"),
        "locked": value("is_locked"),
        "editable": row.value("is_locked") != Some(&Column::Bool(true)),
        "origin": "custom",
        "description": value("description"),
        "options": value("options"),
        "is_active": value("is_active"),
    })
}

fn plain(value: &Column) -> Value {
    let mut text = Vec::new();
    value.write_json(&mut text);
    serde_json::from_slice(&text).unwrap_or(Value::Null)
}
