//! Reading a request's body: size, media type, syntax, in the order in which faults are reported (contract section 2).

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use partbook_domain::edit::EditMode;
use partbook_domain::edit::Nulls;
use partbook_domain::{FieldError, Json, Object, json};
use tokio::time::timeout;

use crate::respond::problem::Problem;

/// How long a client may take to send its body.
const PATIENCE: Duration = Duration::from_secs(20);

/// The greatest body, bytes (contract section 6).
pub(crate) const LIMIT: usize = 1024 * 1024;

/// A body that is JSON, though perhaps not an object: that is said only after the faults that come before it.
pub(crate) struct JsonBody {
    json: Json,
    /// As it came.
    pub(crate) bytes: Bytes,
}

impl JsonBody {
    /// The members.
    pub(crate) fn object(&self) -> Result<&Object, Problem> {
        self.json.as_object().ok_or_else(|| {
            let detail = format!("The body must be a JSON object, not {}", self.json.type_name());
            Problem::invalid(&[FieldError::whole("type", detail)])
        })
    }
}

/// Reads a body that is a whole thing.
pub(crate) async fn read(request: Request) -> Result<JsonBody, Problem> {
    read_as(request, |media_type| media_type == "application/json" || media_type.ends_with("+json")).await
}

/// Reads a body that is a merge patch, and how its nulls are meant.
pub(crate) async fn read_patch(request: Request) -> Result<(JsonBody, EditMode), Problem> {
    let strict = media_type(request.headers()).is_some_and(|media_type| media_type == MERGE_PATCH);
    let body = read_as(request, |media_type| media_type == "application/json" || media_type == MERGE_PATCH).await?;
    Ok((body, EditMode::Merge(if strict { Nulls::Remove } else { Nulls::KeepStored })))
}

const MERGE_PATCH: &str = "application/merge-patch+json";

async fn read_as(request: Request, accepts: impl Fn(&str) -> bool) -> Result<JsonBody, Problem> {
    let (parts, body) = request.into_parts();
    let too_large = || {
        let detail = format!("The body is larger than {LIMIT} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    };
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > LIMIT) {
        return Err(too_large());
    }
    let bytes = read_bytes(body).await?.ok_or_else(too_large)?;
    let unsupported = |detail: String| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail);
    // A body that does not say what it is is refused too: a page of any origin can send one without a preflight.
    match media_type(&parts.headers) {
        Some(media_type) if accepts(&media_type) => {}
        Some(media_type) => {
            let detail = format!("The body must be JSON (Content-Type: application/json), not {media_type}");
            return Err(unsupported(detail));
        }
        None => {
            return Err(unsupported("The body must say that it is JSON (Content-Type: application/json)".to_owned()));
        }
    }
    if let Some(coding) = parts.headers.get(header::CONTENT_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(unsupported("The body must not be compressed (Content-Encoding)".to_owned()));
    }
    let json = json::parse(&bytes).map_err(|error| Problem::malformed(&error))?;
    Ok(JsonBody { json, bytes })
}

/// The whole body; none when it is too large.
async fn read_bytes(body: Body) -> Result<Option<Bytes>, Problem> {
    let broken = |detail: &str| Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    match timeout(PATIENCE, to_bytes(body, LIMIT)).await {
        Err(_) => broken("The body did not come in time"),
        Ok(Ok(bytes)) => Ok(Some(bytes)),
        Ok(Err(error)) => {
            let source = std::error::Error::source(&error);
            if source.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>) {
                return Ok(None);
            }
            broken("The body broke off before its end")
        }
    }
}

/// The media type without its parameters, in lower case; none when the request names none.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(header::CONTENT_TYPE)?.as_bytes()).into_owned();
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}
