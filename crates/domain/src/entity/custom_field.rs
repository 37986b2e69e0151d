//! Custom fields: what the users of an installation call the members of `attributes` (contract section 5).
//!
//! A definition describes, it does not bind: `attributes` take any member, and no row changes with a definition.

use std::collections::HashSet;

use super::check_as;
use crate::refusal::field_error::{FieldError, FieldErrors};
use crate::refusal::pointer::Pointer;
use crate::value::json::Json;
use crate::{AnyValue, Choice, Entity, Enumeration, Identity, OneOf, Order, Timestamp, registry};

resource! {
    /// A member of `attributes` that the users of an installation have defined.
    CustomField {
        /// The entity that it belongs to, by its name on the metadata screen.
        required entity: String where length(min = 1, max = 64),
        /// The member's name.
        required key: String where length(min = 1, max = 64),
        /// Its name for people.
        required label: String where length(min = 1, max = 128),
        /// What it holds.
        optional data_type: OneOf<DataType>,
        /// Whether a form asks for it.
        optional required: bool,
        /// What a form begins with.
        optional default_value: Option<AnyValue>,
        /// The words to choose from.
        optional options: Option<AnyValue>,
        /// Whether forms show it.
        optional is_active: bool = true,
        /// Whether forms show it without letting it be edited.
        optional is_locked: bool,
        /// Who sees it.
        optional visibility: String = "public" where length(min = 1, max = 32),
        /// Who defined it.
        optional created_by: Option<String> where length(max = 128),
        /// Remarks for those who fill it in.
        optional description: Option<String> where length(max = 2000),
        /// What forms hold a value against.
        optional validation: Option<AnyValue>,
        /// Its place in forms, the least first.
        optional display_order: i32 = 100,
        /// When it was deleted; null restores it.
        optional deleted_at: Option<Timestamp>,
    }
}

/// What a custom field may hold.
#[derive(Clone, Debug, PartialEq)]
pub struct DataType;

impl Choice for DataType {
    const ENUMERATION: &'static Enumeration = &Enumeration {
        postgres_type: None,
        values: &["string", "text", "number", "boolean", "enum", "multi_select", "json"],
        default: "string",
        spellings: None,
    };
}

/// `/v1/fields`. Not every database has the table, so it is not in the registry.
pub static CUSTOM_FIELD: Entity = Entity {
    name: "custom_field_definition",
    collection: "fields",
    parent: "/v1",
    type_name: "CustomField",
    label: "Custom field",
    delete_label: "Custom Field",
    plural: "Custom Fields",
    identity: Identity::Unique(&["entity", "key"]),
    deletion_time: Some("deleted_at"),
    names_member: true,
    order: &[Order::ascending("entity"), Order::ascending("display_order")],
    indexed: &[],
    trims: true,
    aliases: &[],
    shows_aliases: false,
    check: Some(|values, changed| check_as(values, changed, CustomField::check)),
    ..Entity::of::<CustomField>()
};

/// How many options a field may have.
pub const MAX_OPTIONS: usize = 1_000;

/// How long a default value, the options and the rules may each be, bytes of JSON. A form reads all the definitions of an
/// entity at once.
pub const MAX_DOCUMENT_SIZE: usize = 16 * 1024;

/// The entities whose rows have attributes.
pub fn extensible() -> impl Iterator<Item = &'static Entity> {
    registry().iter().copied().filter(|entity| entity.field("attributes").is_some())
}

impl CustomField {
    /// Finds values that do not make sense, by themselves or beside the others. `changes` tells whether a field changes.
    fn check(&self, changes: &dyn Fn(&str) -> bool) -> FieldErrors {
        let mut errors = FieldErrors::default();
        let mut refuse = |field: &str, code: &'static str, detail: String| {
            errors.push(FieldError::new(Pointer::field(field), code, detail));
        };
        let entity = extensible().find(|entity| entity.name == self.entity);
        if changes("entity") && entity.is_none() {
            let names = extensible().map(|entity| entity.name).collect::<Vec<_>>().join(", ");
            refuse("entity", "enum", format!("must be one of {names}"));
        }
        if changes("key") && !is_key(&self.key) {
            let detail = "must begin with a letter, and hold letters of ASCII, digits, _ and - only";
            refuse("key", "format", detail.to_owned());
        } else if (changes("key") || changes("entity"))
            && let Some(entity) = entity
            && entity.fields.iter().any(|field| entity.names(field).any(|name| name == self.key))
        {
            refuse("key", "conflict", format!("is a field of its own of {}", entity.plural));
        }
        let data_type = self.data_type.as_str();
        let chooses = matches!(data_type, "enum" | "multi_select");
        let json = |value: &Option<AnyValue>| value.as_ref().and_then(|value| value.0.json().cloned());
        let options = json(&self.options).filter(|options| *options != Json::Null);
        if changes("options") && options.as_ref().is_some_and(|options| !are_options(options)) {
            let detail = format!("must be null or an array of up to {MAX_OPTIONS} different texts, none of them empty");
            refuse("options", "type", detail);
        } else if (changes("options") || changes("data_type"))
            && chooses
            && !matches!(&options, Some(Json::Array(options)) if !options.is_empty())
        {
            refuse("options", "required", format!("is required for {data_type}"));
        }
        if ["default_value", "data_type", "options"].into_iter().any(changes)
            && let Some(default) = json(&self.default_value).filter(|default| *default != Json::Null)
            && !fits(&default, data_type, options.as_ref())
        {
            refuse("default_value", "type", format!("is not a value of a field of {data_type}"));
        }
        if changes("validation") && json(&self.validation).is_some_and(|rules| !is_object_or_null(&rules)) {
            refuse("validation", "type", "must be an object or null".to_owned());
        }
        for (field, value) in
            [("default_value", &self.default_value), ("options", &self.options), ("validation", &self.validation)]
        {
            if changes(field) && json(value).is_some_and(|json| json.to_string().len() > MAX_DOCUMENT_SIZE) {
                refuse(field, "length", format!("must be at most {MAX_DOCUMENT_SIZE} bytes of JSON"));
            }
        }
        if changes("deleted_at") && self.deleted_at.is_some() {
            refuse("deleted_at", "refused", "is set by DELETE; here null restores a deleted field".to_owned());
        }
        errors
    }
}

fn is_key(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn are_options(json: &Json) -> bool {
    let Json::Array(items) = json else { return false };
    let is_text = |item: &Json| item.as_str().is_some_and(|text| !text.is_empty());
    items.len() <= MAX_OPTIONS && items.iter().all(is_text) && items.iter().collect::<HashSet<_>>().len() == items.len()
}

/// Whether a value is one of a field of this type; a type that this version does not know takes anything.
fn fits(value: &Json, data_type: &str, options: Option<&Json>) -> bool {
    let is_option = |value: &Json| matches!(options, Some(Json::Array(options)) if options.contains(value));
    match data_type {
        "string" | "text" => matches!(value, Json::String(_)),
        "number" => matches!(value, Json::Number(_)),
        "boolean" => matches!(value, Json::Bool(_)),
        "enum" => is_option(value),
        "multi_select" => matches!(value, Json::Array(items) if items.iter().all(is_option)),
        _ => true,
    }
}

fn is_object_or_null(json: &Json) -> bool {
    matches!(json, Json::Object(_) | Json::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vocabulary;
    use crate::edit::{EditMode, Nulls, create, update};
    use crate::value::Value;
    use crate::value::json_reader::parse;

    fn errors(body: &str) -> Vec<(String, &'static str)> {
        let body = parse(body.as_bytes()).unwrap();
        let draft = create(&CUSTOM_FIELD, body.as_object().unwrap(), &Vocabulary::default());
        draft.errors.shown().iter().map(|error| (error.pointer.to_string(), error.code)).collect()
    }

    fn with(members: &str) -> Vec<(String, &'static str)> {
        errors(&format!(r#"{{"entity":"cpu","key":"tier","label":"Tier",{members}}}"#))
    }

    #[test]
    fn what_makes_sense_is_taken() {
        for members in [
            r#""data_type":"string","default_value":"x""#,
            r#""data_type":"Number","default_value":1.5,"validation":{"min":0}"#,
            r#""data_type":"enum","options":["a","b"],"default_value":"b""#,
            r#""data_type":"multi_select","options":["a","b"],"default_value":["a"]"#,
            r#""data_type":"json","default_value":{"x":[1]}"#,
            r#""data_type":"boolean","default_value":null,"options":null,"validation":null"#,
        ] {
            assert_eq!(with(members), [], "{members}");
        }
    }

    #[test]
    fn what_makes_none_is_named() {
        let place = |name: &str, code| (format!("#/{name}"), code);
        for (members, expected) in [
            (r#""data_type":"enum""#, place("options", "required")),
            (r#""data_type":"enum","options":[]"#, place("options", "required")),
            (r#""options":["a","a"]"#, place("options", "type")),
            (r#""options":["a",""]"#, place("options", "type")),
            (r#""options":{"a":1}"#, place("options", "type")),
            (r#""data_type":"enum","options":["a"],"default_value":"b""#, place("default_value", "type")),
            (r#""default_value":5"#, place("default_value", "type")),
            (r#""validation":[1]"#, place("validation", "type")),
            (r#""data_type":"colour""#, place("data_type", "enum")),
            (r#""deleted_at":"2026-01-01""#, place("deleted_at", "refused")),
            (r#""display_order":"first""#, place("display_order", "type")),
        ] {
            assert_eq!(with(members), [expected], "{members}");
        }
        for (key, code) in [
            ("1a", "format"),
            ("a b", "format"),
            (" tier", "format"),
            ("tier\\n", "format"),
            ("cores", "conflict"),
            ("attributes", "conflict"),
        ] {
            let body = format!(r#"{{"entity":"cpu","key":"{key}","label":"x"}}"#);
            assert_eq!(errors(&body), [place("key", code)], "{key}");
        }
        for entity in ["profile", "warp", "CPU", "cpu "] {
            let body = format!(r#"{{"entity":"{entity}","key":"a","label":"x"}}"#);
            assert_eq!(errors(&body), [place("entity", "enum")], "{entity}");
        }
        assert_eq!(errors("{}"), [place("entity", "required"), place("key", "required"), place("label", "required")]);
    }

    #[test]
    fn what_stays_is_not_judged() {
        let body = parse(br#"{"entity":"cpu","key":"tier","label":"Tier"}"#).unwrap();
        let mut stored = create(&CUSTOM_FIELD, body.as_object().unwrap(), &Vocabulary::default()).values;
        for (name, value) in [("entity", "warp"), ("key", "a b"), ("data_type", "colour")] {
            let (index, _) = CUSTOM_FIELD.field(name).unwrap();
            stored[index] = Value::Text(value.to_owned());
        }
        let (index, _) = CUSTOM_FIELD.field("validation").unwrap();
        stored[index] = Value::Json("[]".to_owned().into());
        let patch = parse(br#"{"label":"Other","default_value":5}"#).unwrap();
        let draft = update(
            &CUSTOM_FIELD,
            &stored,
            patch.as_object().unwrap(),
            EditMode::Merge(Nulls::Remove),
            &Vocabulary::default(),
        );
        assert!(draft.errors.is_empty(), "{}", draft.errors);
    }
}
