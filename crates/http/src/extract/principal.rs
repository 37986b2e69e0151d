//! Whom a request comes from, and what they may do.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use partbook_domain::Entity;
use partbook_domain::access::{Actor, Anonymous, Grant, Scope, Subject};

/// Whom a request comes from. It travels as an extension of the request, which `middleware/authenticate` adds.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    /// Who it is.
    pub(crate) actor: Actor,
    /// What it is granted.
    pub(crate) grant: Arc<Grant>,
    /// What everybody may do: credentials never allow less.
    pub(crate) anonymous: Anonymous,
}

impl Principal {
    /// Whether it may do what needs this scope, on these rows.
    pub(crate) fn may(&self, needed: Scope, subject: Subject) -> bool {
        self.anonymous.scopes().allow(needed) || self.grant.allows(needed, subject)
    }

    /// Whether it may read the rows of an entity.
    pub(crate) fn may_read(&self, entity: &'static Entity) -> bool {
        self.may(Scope::Read, Subject::Rows(entity))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().cloned().expect("every request to the catalog has passed `authenticate`"))
    }
}
