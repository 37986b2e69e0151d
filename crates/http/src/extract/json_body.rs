//! Reads a JSON body: size, media type, syntax, in the order in which errors are reported (contract section 2).

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use partbook_domain::edit::EditMode;
use partbook_domain::edit::Nulls;
use partbook_domain::{Json, json};
use partbook_repository::compute;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::body_memory::Room;
use crate::excerpt::excerpt;
use crate::header::MERGE_PATCH;
use crate::limits::{BODY_READ_TIMEOUT, MAX_BODY_SIZE, MAX_BODY_VALUES};
use crate::respond::problem::Problem;
use crate::state::App;

/// A body that is JSON. Whether it is an object is checked later, since other errors are reported before that.
pub(crate) struct JsonBody {
    pub(crate) json: Json,
    /// The bytes as they were received.
    pub(crate) bytes: Bytes,
    /// Kept until the request is done.
    pub(crate) room: (Room, OwnedSemaphorePermit),
}

/// Reads a body that states a whole row.
pub(crate) async fn read(app: &App, request: Request) -> Result<JsonBody, Problem> {
    read_as(app, request, |media_type| media_type == "application/json" || media_type.ends_with("+json")).await
}

/// Reads a body that is a merge patch. Its media type decides what a null means.
pub(crate) async fn read_patch(app: &App, request: Request) -> Result<(JsonBody, EditMode), Problem> {
    let strict = media_type(request.headers()).is_some_and(|media_type| media_type == MERGE_PATCH);
    let body =
        read_as(app, request, |media_type| media_type == "application/json" || media_type == MERGE_PATCH).await?;
    Ok((body, EditMode::Merge(if strict { Nulls::Remove } else { Nulls::KeepStored })))
}

async fn read_as(app: &App, request: Request, accepts: impl Fn(&str) -> bool) -> Result<JsonBody, Problem> {
    let (parts, body) = request.into_parts();
    let too_large = || {
        let detail = format!("The body is larger than {MAX_BODY_SIZE} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    };
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > MAX_BODY_SIZE) {
        return Err(too_large());
    }
    let room = app.body_memory().room(announced.unwrap_or(MAX_BODY_SIZE)).await;
    let mut room = room.ok_or_else(Problem::too_many_bodies)?;
    let bytes = tokio::select! {
        bytes = read_bytes(body) => bytes?.ok_or_else(too_large)?,
        () = room.is_wanted() => return Err(Problem::too_slow_a_body()),
    };
    let unsupported = |detail: String| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail);
    // A missing media type is refused too: a page of any origin can send such a body without a preflight.
    match media_type(&parts.headers) {
        Some(media_type) if accepts(&media_type) => {}
        Some(media_type) => {
            let given = excerpt(&media_type);
            let detail = format!("The body must be JSON (Content-Type: application/json), not {given}");
            return Err(unsupported(detail));
        }
        None => {
            return Err(unsupported("The body must say that it is JSON (Content-Type: application/json)".to_owned()));
        }
    }
    let mut codings = parts.headers.get_all(header::CONTENT_ENCODING).iter();
    if !codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(unsupported("The body must not be compressed (Content-Encoding)".to_owned()));
    }
    let values = compute(bytes.len(), || json::Contents::of(&bytes).values);
    if values > MAX_BODY_VALUES {
        let detail = format!("The body has more than {MAX_BODY_VALUES} values: members of objects and items of arrays");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let values_room = app.body_memory().values(bytes.len(), values).await.ok_or_else(Problem::too_many_bodies)?;
    let json = compute(bytes.len(), || json::parse(&bytes)).map_err(|error| Problem::malformed(&error))?;
    Ok(JsonBody { json, bytes, room: (room, values_room) })
}

/// The whole body; none if it is too large.
async fn read_bytes(body: Body) -> Result<Option<Bytes>, Problem> {
    let broken = |detail: &str| Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    match timeout(BODY_READ_TIMEOUT, to_bytes(body, MAX_BODY_SIZE)).await {
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

/// The media type without its parameters, in lower case; none if the request names none.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(header::CONTENT_TYPE)?.as_bytes()).into_owned();
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}
