//! Begins the description of an operation: its kind says who may do it.

use partbook_domain::access::Operation as Kind;
use utoipa::openapi::path::OperationBuilder;

use super::response::{forbidden, unauthorized};
use super::security::secured;

/// An operation of a kind, under a tag.
pub(super) fn operation(kind: Kind, tag: &str, id: &str, summary: &str) -> OperationBuilder {
    let operation = OperationBuilder::new().operation_id(Some(id)).summary(Some(summary)).tag(tag);
    let Some(scope) = kind.scope() else { return operation };
    secured(operation, scope).response("401", unauthorized()).response("403", forbidden(scope))
}
