//! The pieces of which every operation's description is built.

use axum::routing::MethodRouter;
use serde_json::Value;
use utoipa::openapi::path::{Operation, OperationBuilder, PathItemBuilder};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{HttpMethod, ObjectBuilder, PathItem, Paths, Ref, RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::state::App;

/// One path of the document, and the schemas that it needs.
pub(crate) struct Described {
    pub(super) item: PathItem,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

/// Ties a path's description to what serves it.
pub(crate) fn routed(path: String, described: Described, methods: MethodRouter<App>) -> UtoipaMethodRouter<App> {
    let mut paths = Paths::new();
    paths.paths.insert(path, described.item);
    (described.schemas, paths, methods)
}

/// A path that is only read.
pub(super) fn get(operation: Operation, schemas: Vec<(String, RefOr<Schema>)>) -> Described {
    Described { item: path().operation(HttpMethod::Get, operation).build(), schemas }
}

/// An operation under a tag.
pub(super) fn operation(tag: &str, id: &str, summary: &str) -> OperationBuilder {
    OperationBuilder::new().operation_id(Some(id)).summary(Some(summary)).tag(tag)
}

pub(super) fn path() -> PathItemBuilder {
    PathItem::builder()
}

/// A schema that the components have under this name.
pub(super) fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

pub(super) fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

pub(super) fn integer() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Integer).into()
}

/// A schema from its text: these few are plain data.
fn schema_of(value: Value) -> RefOr<Schema> {
    RefOr::T(serde_json::from_value(value).expect("the schema is well formed"))
}

/// Schemas under their names, each from its text.
pub(super) fn named_schemas(schemas: impl IntoIterator<Item = (&'static str, Value)>) -> Vec<(String, RefOr<Schema>)> {
    schemas.into_iter().map(|(name, value)| (name.to_owned(), schema_of(value))).collect()
}
