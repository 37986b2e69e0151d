//! The id in a path.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use partbook_domain::Entity;

use super::path_parameter::path_parameter;
use crate::respond::problem::Problem;

/// The id in a path, as it was given. It is judged by the handler, since faults of the body come before (contract
/// section 2).
pub(crate) struct RawId(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for RawId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(path_parameter(parts, state, "id").await))
    }
}

impl RawId {
    /// The id; an integer that can name no row is not found, anything else is a fault.
    pub(crate) fn parse(&self, entity: &Entity) -> Result<i64, Problem> {
        let text = self.0.as_deref().ok_or_else(Problem::invalid_id)?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::invalid_id());
        }
        let id = text.parse().ok().filter(|id| (1..=i64::from(i32::MAX)).contains(id));
        id.ok_or_else(|| Problem::of(&partbook_domain::Refusal::not_found(entity, &text).into(), entity, None))
    }
}
