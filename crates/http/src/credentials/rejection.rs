//! Why credentials are not accepted.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::respond::challenge::{Challenge, challenged};
use crate::respond::failure::Failure;
use crate::respond::problem::Problem;

/// Why the credentials of a request are not accepted.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// There are others beside a token.
    Malformed,
    /// A proxy names several users, or one that cannot be read.
    User,
    /// The token is cut, or was mistyped.
    Mistyped,
    /// There is no such token, or it was revoked.
    Unknown,
    /// The token has expired.
    Expired,
    /// The token is not accepted from where the request comes from.
    Elsewhere,
    /// It cannot be told now which tokens there are.
    Unverified(String),
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let detail = match self {
            Self::Malformed => {
                let detail = "There are other credentials beside the token; send one Authorization";
                return challenged(StatusCode::BAD_REQUEST, Challenge::InvalidRequest, detail);
            }
            Self::User => {
                let detail = "The proxy names more than one user, or one that cannot be read";
                return Problem::new(StatusCode::BAD_REQUEST, detail).into_response();
            }
            Self::Unverified(cause) => {
                let failure = Failure::error("tokens cannot be verified", cause);
                return Problem::new(StatusCode::SERVICE_UNAVAILABLE, UNVERIFIED).caused_by(failure).into_response();
            }
            Self::Mistyped => "The token is mistyped, or a part of it is missing",
            Self::Unknown => "The token is not known, or was revoked",
            Self::Expired => "The token has expired",
            Self::Elsewhere => "The token is not accepted from this address",
        };
        challenged(StatusCode::UNAUTHORIZED, Challenge::InvalidToken, detail)
    }
}

const UNVERIFIED: &str = "It cannot be told now whether the token is valid; try again in a moment";
