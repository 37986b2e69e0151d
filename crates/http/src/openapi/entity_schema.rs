//! The schemas of entities. Input, patch and answer come from one definition. They differ in their `required` list, and only
//! bodies have limits, since old rows may break them.

use partbook_domain::{Children, Computed, Entity, Field, Kind};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{Deprecated, Object, ObjectBuilder, OneOfBuilder, RefOr, Schema};

use super::builder::reference;
use super::field_schema::{Role, child_input, property};

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
