//! The row's id in a path.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use partbook_domain::Entity;

use super::path_parameter::path_parameter;
use crate::excerpt::excerpt;
use crate::respond::problem::Problem;

/// The id as the path has it. The handler parses it, since errors of the body are reported first (contract section 2).
pub(crate) struct RawId(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for RawId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(path_parameter(parts, state, "id").await))
    }
}

impl RawId {
    /// The id. An integer outside the range of ids is not found; any other text is an error of the parameter.
    pub(crate) fn parse(&self, entity: &Entity) -> Result<i64, Problem> {
        let text = self.0.as_deref().ok_or_else(Problem::invalid_id)?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::invalid_id());
        }
        let id = text.parse().ok().filter(|id| (1..=i64::from(i32::MAX)).contains(id));
        id.ok_or_else(|| Problem::of(&partbook_domain::Refusal::not_found(entity, &excerpt(text)).into(), entity))
    }
}
