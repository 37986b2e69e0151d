//! The `Idempotency-Key` header: a POST that is sent again with the same key gets the first answer (docs/api/concurrency.md).

use axum::http::{HeaderMap, HeaderValue, Method};
use partbook_domain::ParameterError;
use partbook_domain::digest;
use partbook_repository::IdempotencyKey;

use crate::header::IDEMPOTENCY_KEY;
use crate::limits::MAX_KEY_LENGTH;
use crate::respond::problem::Problem;
use crate::state::App;

/// The key of a POST with this path and body; none if it has none.
pub(crate) fn idempotency_key(
    app: &App,
    headers: &HeaderMap,
    path: &str,
    bytes: &[u8],
) -> Result<Option<IdempotencyKey>, Problem> {
    let values: Vec<&HeaderValue> = headers.get_all(IDEMPOTENCY_KEY).iter().collect();
    let refuse = |code, detail: String| {
        let parameter = "Idempotency-Key".to_owned();
        Err(Problem::parameter(ParameterError { parameter, detail, code }))
    };
    let key = match values[..] {
        [] => return Ok(None),
        [value] => value.to_str().ok().map(str::trim),
        _ => None,
    };
    let is_key =
        |key: &&str| (1..=MAX_KEY_LENGTH).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let Some(key) = key.filter(is_key) else {
        return refuse("format", format!("must be one key of 1 to {MAX_KEY_LENGTH} visible ASCII characters"));
    };
    if !app.repository().supports_idempotency() {
        let detail = "cannot be honoured here: on this database nothing may be stored beside the catalog; send the \
                      request without it";
        return refuse("unsupported", detail.to_owned());
    }
    Ok(Some(IdempotencyKey {
        method: Method::POST.to_string(),
        path: path.trim_end_matches('/').to_owned(),
        key: key.to_owned(),
        body_hash: digest(bytes),
    }))
}
