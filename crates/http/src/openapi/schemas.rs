//! The schemas of entities. Input, patch and answer are one definition with a different `required` list; limits stand
//! only where they are enforced, since old rows may be outside them.

use partbook_domain::{Children, Computed, Entity, Field, Kind};
use serde_json::{Value, json};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, KnownFormat, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Deprecated, Object, ObjectBuilder, OneOfBuilder, RefOr, Schema};

use super::reference;

/// What a schema is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A whole thing that a client sends.
    Input,
    /// A merge patch.
    Patch,
    /// An answer.
    Answer,
}

/// The schema of an answer.
pub(super) fn answer_name(entity: &Entity) -> String {
    entity.type_name.to_owned()
}

/// The schema of a POST or PUT body.
pub(super) fn input_name(entity: &Entity) -> String {
    format!("{}Input", entity.type_name)
}

/// The schema of a PATCH body.
pub(super) fn patch_name(entity: &Entity) -> String {
    format!("{}Patch", entity.type_name)
}

/// All schemas of an entity and its children.
pub(super) fn of_entity(entity: &'static Entity) -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = vec![
        (answer_name(entity), RefOr::T(answer(entity).into())),
        (input_name(entity), RefOr::T(body(entity, Role::Input).into())),
        (patch_name(entity), RefOr::T(body(entity, Role::Patch).into())),
    ];
    for (fields, written) in [(entity.fields, true), (entity.read_only, false)] {
        for field in fields {
            if let Kind::Children(children) = field.kind {
                schemas.push((children.type_name.to_owned(), RefOr::T(child(children, Role::Answer).into())));
                if written {
                    schemas.push((child_input(children), RefOr::T(child(children, Role::Input).into())));
                }
            }
        }
    }
    schemas
}

fn body(entity: &Entity, role: Role) -> Object {
    let mut object = ObjectBuilder::new().schema_type(Type::Object);
    for field in entity.fields {
        object = object.property(field.name, property(field, role));
        if role == Role::Input && field.required {
            object = object.required(field.name);
        }
        for (alias, _) in entity.aliases.iter().filter(|(_, name)| *name == field.name) {
            object = object.property(*alias, deprecated(property(field, role), field.name));
        }
    }
    object.build()
}

fn answer(entity: &Entity) -> Object {
    let mut object = ObjectBuilder::new().schema_type(Type::Object);
    let mut add = |name: &str, schema: RefOr<Schema>| {
        let taken = std::mem::replace(&mut object, ObjectBuilder::new());
        object = taken.property(name, schema).required(name);
    };
    add("id", id());
    for field in entity.fields.iter().chain(entity.read_only) {
        add(field.name, property(field, Role::Answer));
        if entity.shows_aliases {
            for (alias, _) in entity.aliases.iter().filter(|(_, name)| *name == field.name) {
                add(alias, deprecated(property(field, Role::Answer), field.name));
            }
        }
    }
    for Computed { name, doc, kind, .. } in entity.computed {
        add(name, property(&Field::read_only(name, *kind, doc), Role::Answer));
    }
    for reference in entity.references {
        if let Some(nested) = reference.nested {
            add(nested, nullable_reference(reference.target.type_name));
        }
    }
    for time in ["created_at", "updated_at"] {
        add(time, timestamp());
    }
    object.build()
}

fn child(children: &Children, role: Role) -> Object {
    let mut object = ObjectBuilder::new().schema_type(Type::Object);
    if role == Role::Answer {
        object = object.property("id", id()).required("id");
    }
    for field in children.fields {
        object = object.property(field.name, property(field, role));
        if role == Role::Answer || field.required {
            object = object.required(field.name);
        }
    }
    if role == Role::Answer {
        for time in ["created_at", "updated_at"] {
            object = object.property(time, timestamp()).required(time);
        }
    }
    object.build()
}

fn child_input(children: &Children) -> String {
    format!("{}Input", children.type_name)
}

fn id() -> RefOr<Schema> {
    let format = Some(SchemaFormat::KnownFormat(KnownFormat::Int32));
    let description = Some("The row's id.");
    ObjectBuilder::new().schema_type(Type::Integer).format(format).description(description).into()
}

fn timestamp() -> RefOr<Schema> {
    let format = Some(SchemaFormat::KnownFormat(KnownFormat::DateTime));
    let description = Some("UTC, to the microsecond.");
    ObjectBuilder::new().schema_type(Type::String).format(format).description(description).into()
}

fn nullable_reference(name: &str) -> RefOr<Schema> {
    OneOfBuilder::new().item(reference(name)).item(ObjectBuilder::new().schema_type(Type::Null)).into()
}

fn deprecated(schema: RefOr<Schema>, name: &str) -> RefOr<Schema> {
    let description = format!("The same as `{name}`, for older clients.");
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.deprecated = Some(Deprecated::True);
            object.description = Some(description);
            object.into()
        }
        other => other,
    }
}

/// One field's schema.
fn property(field: &Field, role: Role) -> RefOr<Schema> {
    // What may be left out may be null: it then gets its default.
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
        // Old rows may hold what an importer took for an address.
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
        // In answers weights may be what an old row holds.
        Kind::Object | Kind::Weights => {
            object(Type::Object).additional_properties(Some(AdditionalProperties::FreeForm(true))).into()
        }
        Kind::Links => array(field, schema_type(Type::Array), link(role)),
        Kind::Texts => array(field, schema_type(Type::Array), ObjectBuilder::new().schema_type(Type::String).into()),
        Kind::Children(children) => {
            let name = if enforced { child_input(children) } else { children.type_name.to_owned() };
            array(field, schema_type(Type::Array), reference(&name))
        }
        Kind::AnyJson => ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(field.doc)).into(),
        Kind::Absent => ObjectBuilder::new().schema_type(Type::Null).description(Some(field.doc)).into(),
    }
}

fn array(field: &Field, schema_type: SchemaType, item: RefOr<Schema>) -> RefOr<Schema> {
    ArrayBuilder::new().schema_type(schema_type).items(item).description(Some(field.doc)).into()
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
        // Old rows may hold what an importer stored.
        Role::Answer => ObjectBuilder::new().schema_type(SchemaType::AnyValue).into(),
        Role::Input | Role::Patch => OneOfBuilder::new().item(object).item(uri()).into(),
    }
}
