//! The schema of a field in a body, a patch and an answer.

use partbook_domain::{Children, Field, Kind};
use serde_json::{Value, json};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, KnownFormat, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, OneOfBuilder, RefOr, Schema};

use super::builder::reference;

/// What a schema is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A whole thing that a client sends.
    Input,
    /// A merge patch.
    Patch,
    /// An answer.
    Answer,
}

/// One field's schema.
pub(super) fn property(field: &Field, role: Role) -> RefOr<Schema> {
    // A field that may be left out may also be null, which means its default.
    let nullable = match role {
        Role::Answer => field.nullable,
        Role::Input | Role::Patch => !field.required,
    };
    let schema_type = |of: Type| {
        if nullable { or_null(of) } else { SchemaType::new(of) }
    };
    let object = |of: Type| ObjectBuilder::new().schema_type(schema_type(of)).description(Some(field.doc));
    let known = |format: KnownFormat| Some(SchemaFormat::KnownFormat(format));
    let enforced = role != Role::Answer;
    let limits = field.limits;
    let length = |limit: Option<u32>| limit.filter(|_| enforced).map(|limit| limit as usize);
    match field.kind {
        Kind::Text => {
            object(Type::String).min_length(length(limits.min_length)).max_length(length(limits.max_length)).into()
        }
        // Old rows may hold other texts.
        Kind::Url if !enforced => object(Type::String).into(),
        Kind::Url => object(Type::String).format(Some(SchemaFormat::Custom("uri".to_owned()))).into(),
        Kind::Time => object(Type::String).format(known(KnownFormat::DateTime)).into(),
        Kind::Bool => object(Type::Boolean).into(),
        Kind::Int => {
            let limit = |limit: Option<f64>, of_type: i32| enforced.then(|| limit.unwrap_or(f64::from(of_type)));
            object(Type::Integer)
                .format(known(KnownFormat::Int32))
                .minimum(limit(limits.min, i32::MIN))
                .maximum(limit(limits.max, i32::MAX))
                .into()
        }
        Kind::Float => {
            let limit = |limit: Option<f64>| limit.filter(|_| enforced);
            object(Type::Number)
                .format(known(KnownFormat::Double))
                .minimum(limit(limits.min))
                .maximum(limit(limits.max))
                .into()
        }
        // A column that is plain text may hold any word.
        Kind::Enum(enumeration) if !enforced && enumeration.postgres_type.is_none() => object(Type::String).into(),
        Kind::Enum(enumeration) => {
            let words = enumeration.values.iter().map(|word| json!(word)).chain(nullable.then_some(Value::Null));
            object(Type::String).enum_values(Some(words)).into()
        }
        Kind::Weights if enforced => {
            // In a patch, null removes a weight.
            let number = if role == Role::Patch { or_null(Type::Number) } else { SchemaType::new(Type::Number) };
            let number = ObjectBuilder::new().schema_type(number).build();
            object(Type::Object)
                .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(number.into()))))
                .into()
        }
        // In answers weights may be anything that an old row holds.
        Kind::Object | Kind::Weights => {
            object(Type::Object).additional_properties(Some(AdditionalProperties::FreeForm(true))).into()
        }
        Kind::Links => array(field, enforced, schema_type(Type::Array), link(role)),
        Kind::Texts => {
            let text = ObjectBuilder::new().schema_type(Type::String).into();
            array(field, enforced, schema_type(Type::Array), text)
        }
        Kind::Children(children) => {
            let name = if enforced { child_input(children) } else { children.type_name.to_owned() };
            array(field, enforced, schema_type(Type::Array), reference(&name))
        }
        Kind::AnyJson => ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(field.doc)).into(),
        Kind::Absent => ObjectBuilder::new().schema_type(Type::Null).description(Some(field.doc)).into(),
    }
}

/// The schema of a child in a body.
pub(super) fn child_input(children: &Children) -> String {
    format!("{}Input", children.type_name)
}

fn array(field: &Field, enforced: bool, schema_type: SchemaType, item: RefOr<Schema>) -> RefOr<Schema> {
    let max_items = field.kind.max_items().filter(|_| enforced);
    ArrayBuilder::new().schema_type(schema_type).items(item).max_items(max_items).description(Some(field.doc)).into()
}

fn or_null(of: Type) -> SchemaType {
    SchemaType::from_iter([of, Type::Null])
}

fn link(role: Role) -> RefOr<Schema> {
    let uri = || ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::Custom("uri".to_owned())));
    let object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("url", uri())
        .required("url")
        .property("label", ObjectBuilder::new().schema_type(or_null(Type::String)));
    match role {
        // Old rows may hold anything.
        Role::Answer => ObjectBuilder::new().schema_type(SchemaType::AnyValue).into(),
        Role::Input | Role::Patch => OneOfBuilder::new().item(object).item(uri()).into(),
    }
}
