//! The entity's name in the paths of the metadata screen.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use partbook_domain::entity::by_name;
use partbook_domain::{Entity, registry};

use super::path_parameter::path_parameter;
use crate::excerpt::excerpt;
use crate::respond::problem::Problem;

/// The name as the path has it. The handler looks the entity up, since errors of the body are reported first.
pub(crate) struct EntityName(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for EntityName {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(path_parameter(parts, state, "entity").await))
    }
}

impl EntityName {
    pub(crate) fn entity(&self) -> Result<&'static Entity, Problem> {
        let name = self.0.as_deref().unwrap_or_default();
        by_name(name).ok_or_else(|| {
            let known = in_screen_order().map(|entity| entity.name).collect::<Vec<_>>().join(", ");
            let name = excerpt(name);
            Problem::new(StatusCode::NOT_FOUND, format!("Entity '{name}' not found; there are: {known}"))
        })
    }
}

/// The entities in the order of the screen: those outside the catalog (listings) first.
pub(crate) fn in_screen_order() -> impl Iterator<Item = &'static Entity> {
    let (catalog, others): (Vec<&Entity>, Vec<&Entity>) = registry().iter().partition(|entity| entity.in_catalog());
    others.into_iter().chain(catalog)
}
