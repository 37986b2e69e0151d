//! Ids and query strings.

use axum::extract::{FromRequestParts, Path};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use partbook_domain::Entity;
use partbook_domain::ParameterError;
use percent_encoding::percent_decode_str;

use crate::respond::problem::Problem;

/// The id in a path, as it was given. It is judged by the handler, since faults of the body come before (contract
/// section 2).
pub(crate) struct RawId(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for RawId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(path_parameter(parts, state, "id").await))
    }
}

/// One parameter of the path, as it was given; none where it is not UTF-8 after percent-decoding.
pub(crate) async fn path_parameter<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Option<String> {
    let path: Result<Path<Vec<(String, String)>>, _> = Path::from_request_parts(parts, state).await;
    path.ok()?.0.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

impl RawId {
    /// The id; an integer that can name no row is not found, anything else is a fault.
    pub(crate) fn parse(&self, entity: &Entity) -> Result<i64, Problem> {
        let text = self.0.as_deref().ok_or_else(Problem::bad_id)?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::bad_id());
        }
        let id = text.parse().ok().filter(|id| (1..=i64::from(i32::MAX)).contains(id));
        id.ok_or_else(|| Problem::of(&partbook_domain::Refusal::not_found(entity, &text).into(), entity, None))
    }
}

/// The parameters of a query string, decoded, in order.
pub(crate) fn query(text: Option<&str>) -> Result<Vec<(String, String)>, Problem> {
    let decode =
        |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8().map(std::borrow::Cow::into_owned);
    let pairs = text.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        decode(name).and_then(|decoded| Ok((decoded, decode(value)?))).map_err(|_| ParameterError {
            parameter: name.to_owned(),
            detail: "is not UTF-8 after percent-decoding".to_owned(),
            code: "encoding",
        })
    });
    let (mut parameters, mut faults) = (Vec::new(), Vec::new());
    for pair in pairs {
        match pair {
            Ok(parameter) => parameters.push(parameter),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(parameters) } else { Err(Problem::parameters(&faults)) }
}

/// Whether the client asks for the number of all rows (RFC 7240, `Prefer: count=exact`).
pub(crate) fn prefers_count(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    preferences.flat_map(|value| value.split([',', ';'])).any(|preference| {
        let preference: String = preference.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        preference.eq_ignore_ascii_case("count=exact") || preference.eq_ignore_ascii_case("count=\"exact\"")
    })
}
