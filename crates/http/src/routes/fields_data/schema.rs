//! `/v1/fields-data/{entity}/schema`: the fields of an entity, for forms.

use axum::http::HeaderMap;
use axum::response::Response;
use partbook_domain::entity::custom_field::CUSTOM_FIELD;
use partbook_domain::query::FieldsQuery;
use partbook_domain::{Entity, Field, Kind, Row, Value as Column, Vocabulary};
use serde_json::{Value, json};

use crate::extract::entity_name::EntityName;
use crate::representation::form_fields;
use crate::respond::list::{Shape, send_list};
use crate::respond::problem::Problem;
use crate::state::App;

/// Custom fields follow the entity's own, and are read and sent as the rows of a list are: nothing bounds how many there are.
pub(super) async fn schema(app: App, name: EntityName) -> Result<Response, Problem> {
    let entity = name.entity()?;
    let query = FieldsQuery { entity: Some(entity.name), include_inactive: true, include_deleted: false };
    let shape = Shape {
        begin: begin(entity, app.repository().vocabulary()),
        has_items: true,
        row: Box::new(describe_custom),
        end: "]}".to_owned(),
    };
    let sent =
        async { send_list(app.repository().list_custom_fields(&query).await?, shape, |_| HeaderMap::new()).await };
    sent.await.map_err(|error| Problem::of(&error, &CUSTOM_FIELD))
}

/// The answer as far as its last own field.
fn begin(entity: &Entity, vocabulary: &Vocabulary) -> String {
    let fields: Vec<String> = form_fields(entity).map(|field| describe(field, vocabulary).to_string()).collect();
    let head = json!({ "entity": entity.name, "label": entity.plural, "primary_key": "id" }).to_string();
    format!(r#"{},"fields":[{}"#, head.trim_end_matches('}'), fields.join(","))
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

/// Documents keep their text.
fn describe_custom(row: &Row, out: &mut Vec<u8>) {
    out.extend_from_slice(format!(r#"{{"id":{}"#, row.id).as_bytes());
    let column = |name| row.value(name).unwrap_or(&Column::Null);
    let editable = Column::Bool(column("is_locked") != &Column::Bool(true));
    let origin = Column::Text("custom".to_owned());
    for (name, value) in [
        ("key", column("key")),
        ("label", column("label")),
        ("data_type", column("data_type")),
        ("required", column("required")),
        ("locked", column("is_locked")),
        ("editable", &editable),
        ("origin", &origin),
        ("description", column("description")),
        ("options", column("options")),
        ("is_active", column("is_active")),
    ] {
        out.extend_from_slice(format!(r#","{name}":"#).as_bytes());
        value.write_json(out);
    }
    out.push(b'}');
}
