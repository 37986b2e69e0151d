//! The building blocks of every operation's description.

use axum::routing::MethodRouter;
use partbook_domain::registry;
use serde_json::Value;
use utoipa::openapi::path::{Operation, PathItemBuilder};
use utoipa::openapi::schema::{Object, SchemaType, Type};
use utoipa::openapi::{HttpMethod, ObjectBuilder, PathItem, Paths, Ref, RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::state::App;

/// One path of the document, and the schemas that it needs.
pub(crate) struct Described {
    pub(super) item: PathItem,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

/// Joins a path's description with the handlers that serve it.
pub(crate) fn routed(path: String, described: Described, methods: MethodRouter<App>) -> UtoipaMethodRouter<App> {
    let mut paths = Paths::new();
    paths.paths.insert(path, described.item);
    (described.schemas, paths, methods)
}

/// A path with a GET operation only.
pub(super) fn get(operation: Operation, schemas: Vec<(String, RefOr<Schema>)>) -> Described {
    Described { item: path().operation(HttpMethod::Get, operation).build(), schemas }
}

pub(super) fn path() -> PathItemBuilder {
    PathItem::builder()
}

/// A reference to the schema of this name.
pub(super) fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

pub(super) fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// The name of an entity on the metadata screen.
pub(super) fn entity_name() -> RefOr<Schema> {
    let names = registry().iter().map(|entity| entity.name);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
}

pub(super) fn integer() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Integer).into()
}

/// A schema from its JSON.
///
/// # Panics
/// A part of it would be lost: from a schema without a type, utoipa's types read what is around it as another one, and drop
/// what that one does not have.
pub(super) fn schema_of(value: &Value) -> RefOr<Schema> {
    let schema: Schema = serde_json::from_value(value.clone()).expect("the schema is well formed");
    let read = serde_json::to_value(&schema).expect("a schema is plain data");
    assert_eq!(&read, value, "a part of the schema is lost");
    RefOr::T(schema)
}

/// A schema that any value fits.
pub(super) fn any(description: &str) -> Object {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(description)).build()
}

/// Schemas with their names, from their JSON.
pub(super) fn named_schemas(schemas: impl IntoIterator<Item = (&'static str, Value)>) -> Vec<(String, RefOr<Schema>)> {
    schemas.into_iter().map(|(name, value)| (name.to_owned(), schema_of(&value))).collect()
}
