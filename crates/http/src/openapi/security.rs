//! Who may do what, as the document says it: the scheme of tokens, and the scope of each operation.

use partbook_domain::access::{Anonymous, Scope};
use serde_json::Value;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};

/// The name of the scheme.
pub(super) const TOKEN: &str = "token";

/// The scheme of tokens.
pub(super) fn token_scheme() -> SecurityScheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("pbk_...");
    SecurityScheme::Http(scheme.description(Some(DESCRIPTION)).build())
}

const DESCRIPTION: &str = "An API token, as `partbook token create` makes it. Each operation names the scope that it needs: `read`; \
    `write`, which includes `read`; `metrics`; or `admin`, which includes all. A token may be narrowed to some entities. Where \
    `{}` stands beside it, `PARTBOOK_ANONYMOUS` decides whether credentials are needed.";

/// States the scope that an operation needs.
pub(super) fn secured(operation: OperationBuilder, scope: Scope) -> OperationBuilder {
    operation.security(SecurityRequirement::default()).security(SecurityRequirement::new(TOKEN, [scope.name()]))
}

/// The scope that an operation says it needs; none where everybody may do it.
///
/// # Panics
/// It is none that there is.
pub(crate) fn needed_scope(operation: &Operation) -> Option<Scope> {
    let requirements = serde_json::to_value(&operation.security).expect("requirements are plain data");
    stated(&requirements)
}

/// The scope in the requirements of an operation.
fn stated(requirements: &Value) -> Option<Scope> {
    let scope = requirements.as_array()?.iter().find_map(|requirement| requirement[TOKEN][0].as_str())?;
    Some(Scope::parse(scope).expect("an operation names a scope that there is"))
}

/// Takes it out of a document that the anonymous may do what they may not.
pub(crate) fn restrict(document: &mut Value, anonymous: Anonymous) {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    for operation in paths.filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        let Some(scope) = operation.get("security").and_then(stated) else { continue };
        if !anonymous.scopes().allow(scope)
            && let Some(requirements) = operation["security"].as_array_mut()
        {
            requirements.retain(|requirement| requirement.get(TOKEN).is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_says_what_the_anonymous_may_not_do() {
        let requirement = |scope: &str| json!({ "security": [{}, { "token": [scope] }] });
        let document = json!({ "paths": { "/a": { "get": requirement("read"), "post": requirement("write") }, "/b": { "get": {} } } });
        let narrowed = |anonymous| {
            let mut document = document.clone();
            restrict(&mut document, anonymous);
            document
        };
        assert_eq!(narrowed(Anonymous::Write), document);
        let readable = narrowed(Anonymous::Read);
        assert_eq!(readable["paths"]["/a"]["get"], requirement("read"));
        assert_eq!(readable["paths"]["/a"]["post"], json!({ "security": [{ "token": ["write"] }] }));
        let closed = narrowed(Anonymous::None);
        assert_eq!(closed["paths"]["/a"]["get"], json!({ "security": [{ "token": ["read"] }] }));
        assert_eq!(closed["paths"]["/b"]["get"], json!({}));
    }
}
