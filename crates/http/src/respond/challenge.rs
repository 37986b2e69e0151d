//! Refusals that ask for credentials, or for others (RFC 6750, section 3).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use partbook_domain::access::Scope;

use super::problem::Problem;

/// What a client is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Challenge {
    /// Credentials with this scope: there were none.
    Credentials(Scope),
    /// Credentials in their form.
    InvalidRequest,
    /// Credentials that are accepted.
    InvalidToken,
    /// Credentials with this scope, for what the request is about.
    InsufficientScope(Scope),
}

impl Challenge {
    /// The error code and the scope, as parameters of the challenge.
    fn parameters(self) -> String {
        match self {
            Self::Credentials(scope) => format!("scope=\"{}\"", scope.name()),
            Self::InvalidRequest => "error=\"invalid_request\"".to_owned(),
            Self::InvalidToken => "error=\"invalid_token\"".to_owned(),
            Self::InsufficientScope(scope) => format!("error=\"insufficient_scope\", scope=\"{}\"", scope.name()),
        }
    }

    fn has_error(self) -> bool {
        !matches!(self, Self::Credentials(_))
    }
}

/// A problem with a challenge, which repeats the text.
pub(crate) fn challenged(status: StatusCode, challenge: Challenge, detail: &str) -> Response {
    let mut text = format!("Bearer realm=\"partbook\", {}", challenge.parameters());
    // Who sent no credentials is told no error (RFC 6750, section 3.1).
    if challenge.has_error() {
        text += &format!(", error_description=\"{}\"", quotable(detail));
    }
    let mut response = Problem::new(status, detail).into_response();
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// A text without what a description may not hold (RFC 6750, section 3).
fn quotable(text: &str) -> String {
    text.chars().filter(|character| matches!(character, ' '..='~') && !matches!(character, '"' | '\\')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_says_what_is_asked_for() {
        let value = |status, challenge, detail| {
            let response = challenged(status, challenge, detail);
            assert_eq!(response.status(), status);
            response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned()
        };
        let (no, elsewhere) = (StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN);
        assert_eq!(value(no, Challenge::Credentials(Scope::Read), "x"), "Bearer realm=\"partbook\", scope=\"read\"");
        assert_eq!(
            value(no, Challenge::InvalidToken, "a \"b\" \\ \u{e9}c\r\n"),
            "Bearer realm=\"partbook\", error=\"invalid_token\", error_description=\"a b  c\""
        );
        assert_eq!(
            value(elsewhere, Challenge::InsufficientScope(Scope::Write), "no"),
            "Bearer realm=\"partbook\", error=\"insufficient_scope\", scope=\"write\", error_description=\"no\""
        );
    }
}
