//! The collection that a route serves.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use partbook_domain::Entity;
use partbook_repository::Error;

use super::principal::Principal;
use crate::respond::problem::Problem;
use crate::state::App;

/// The collection of one entity. The router adds the entity to each request.
#[derive(Clone)]
pub(crate) struct Collection {
    pub(crate) app: App,
    pub(crate) entity: &'static Entity,
    /// Whom the request comes from.
    pub(crate) principal: Principal,
}

impl FromRequestParts<App> for Collection {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let entity = parts.extensions.get().copied().expect("every collection's routes carry their entity");
        let principal = Principal::from_request_parts(parts, app).await?;
        Ok(Self { app: App::from_request_parts(parts, app).await?, entity, principal })
    }
}

impl Collection {
    pub(crate) fn problem(&self, error: &Error) -> Problem {
        Problem::of(error, self.entity)
    }
}
