//! What each operation needs: the scope, as the API document says it, and the rows that it is about, as its path says them.

use std::collections::HashMap;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use partbook_domain::access::{Scope, Subject};
use partbook_domain::entity::by_name;
use partbook_domain::entity::custom_field::CUSTOM_FIELD;
use partbook_domain::registry;
use percent_encoding::percent_decode_str;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, PathItem};

use crate::openapi::needed_scope;

/// What the operations of a document need, by path and method.
pub(super) struct Needs(HashMap<String, Path>);

struct Path {
    about: About,
    scopes: Vec<(Method, Option<Scope>)>,
}

/// What an operation needs.
pub(super) struct Need {
    /// The scope; none where everybody may do it.
    pub(super) scope: Option<Scope>,
    pub(super) subject: Subject,
}

/// Which rows a path is about.
#[derive(Clone, Copy)]
enum About {
    Fixed(Subject),
    /// Those of the entity that this segment names.
    Named(usize),
}

impl Needs {
    /// What the operations of a document need.
    pub(super) fn stated_in(document: &OpenApi) -> Self {
        let paths = document.paths.paths.iter();
        Self(paths.map(|(path, item)| (path.clone(), Path { about: about(path), scopes: scopes(item) })).collect())
    }

    /// What a request needs. Where there is no operation (an unknown path, another method, a page of documentation), whoever may
    /// read is told so.
    pub(super) fn of(&self, request: &Request) -> Need {
        // Load balancers check with a bare `OPTIONS /`.
        if request.method() == Method::OPTIONS && request.uri().path() == "/" {
            return Need { scope: None, subject: Subject::None };
        }
        // HEAD is answered as GET is.
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        let matched = request.extensions().get::<MatchedPath>();
        let Some(path) = matched.and_then(|matched| self.0.get(matched.as_str())) else {
            return Need { scope: Some(Scope::Read), subject: Subject::None };
        };
        let scope = path.scopes.iter().find(|(known, _)| known == method).map(|(_, scope)| *scope);
        Need { scope: scope.unwrap_or(Some(Scope::Read)), subject: path.about.subject(request.uri().path()) }
    }
}

impl Need {
    /// What it is about, for a person.
    pub(super) fn about(&self) -> String {
        match self.subject {
            Subject::None => "no entity".to_owned(),
            Subject::Rows(entity) => entity.name.to_owned(),
            Subject::Uses(entity) => format!("{} and listing", entity.name),
            Subject::All => "all entities".to_owned(),
        }
    }
}

impl About {
    fn subject(self, path: &str) -> Subject {
        match self {
            Self::Fixed(subject) => subject,
            // A name that is none is told to everybody who may read.
            Self::Named(segment) => {
                // As the handler reads it.
                let name = percent_decode_str(path.split('/').nth(segment).unwrap_or_default()).decode_utf8_lossy();
                by_name(&name).map_or(Subject::None, Subject::Rows)
            }
        }
    }
}

/// Which rows a path of the document is about.
fn about(path: &str) -> About {
    if let Some(segment) = path.split('/').position(|segment| segment == "{entity}") {
        return About::Named(segment);
    }
    let is_at = |base: &str| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    About::Fixed(match registry().iter().find(|entity| is_at(&entity.path())) {
        Some(entity) if path.ends_with("/{id}/listings") => Subject::Uses(entity),
        Some(entity) => Subject::Rows(entity),
        // Definitions and uses of custom fields are of several entities.
        None if is_at(&CUSTOM_FIELD.path()) => Subject::All,
        None => Subject::None,
    })
}

fn scopes(item: &PathItem) -> Vec<(Method, Option<Scope>)> {
    let of = |method: Method, operation: Option<&Operation>| Some((method, needed_scope(operation?)));
    [
        of(Method::GET, item.get.as_ref()),
        of(Method::POST, item.post.as_ref()),
        of(Method::PUT, item.put.as_ref()),
        of(Method::PATCH, item.patch.as_ref()),
        of(Method::DELETE, item.delete.as_ref()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_which_rows_it_is_about() {
        for (path, expected) in [
            ("/v1/catalog/cpus", "cpu"),
            ("/v1/catalog/cpus/{id}", "cpu"),
            ("/v1/catalog/cpus/{id}/listings", "cpu and listing"),
            ("/v1/catalog/ports-profiles/{id}", "ports_profile"),
            ("/v1/listings", "listing"),
            ("/v1/listings/{id}", "listing"),
            ("/v1/fields", "all entities"),
            ("/v1/fields/{id}", "all entities"),
            ("/v1/fields/usage", "all entities"),
            ("/v1/fields-data/entities", "no entity"),
            ("/openapi.json", "no entity"),
            ("/metrics", "no entity"),
        ] {
            let subject = about(path).subject(path);
            assert_eq!(Need { scope: None, subject }.about(), expected, "{path}");
        }
        let records = about("/v1/fields-data/{entity}/records/{id}");
        for (path, expected) in
            [("/v1/fields-data/gpu/records/7", "gpu"), ("/v1/fields-data/gpus/records/7", "no entity")]
        {
            assert_eq!(Need { scope: None, subject: records.subject(path) }.about(), expected, "{path}");
        }
    }
}
