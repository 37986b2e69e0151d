//! The outermost layer: gives a request its id, finds out who asks, has it observed, logs its failure, and completes the headers of its answer.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::Entry;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::authenticate::Personal;
use super::base_path;
use super::common_headers::{self, Audience};
use super::drain_body::drain_unread;
use super::no_content::{NoContent, has_no_content, without_content};
use super::observe::RequestObserver;
use crate::extract::client_address::{ClientAddress, Peer};
use crate::header::REQUEST_ID;
use crate::limits::MAX_REQUEST_ID_LENGTH;
use crate::respond::failure::Failure;
use crate::state::App;

/// What problems say about the request. It travels as an extension of the request.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestName {
    /// The path, as clients reach it.
    pub(super) path: String,
    /// The path of the page that lists all others.
    pub(super) documentation: String,
    /// The request's id.
    pub(super) id: String,
}

/// Whether a path is one that is asked by who watches the service, in whatever state and by whatever name.
pub(super) fn is_probe(path: &str) -> bool {
    ["/health", "/livez", "/readyz"].contains(&path.trim_end_matches('/'))
}

/// Adds the request's id to the answer, and what else all answers have in common.
pub(crate) async fn wrap(State(app): State<App>, mut request: Request, next: Next) -> Response {
    hide_credentials(request.headers_mut());
    let id = request_id(request.headers());
    let peer = request.extensions().get::<Peer>().copied().unwrap_or_default();
    if let Some(users) = &app.settings().proxy_users
        && !app.settings().trusted_proxies.trust(peer)
    {
        request.headers_mut().remove(&users.header);
    }
    let client = ClientAddress::of(peer, request.headers(), &app.settings().trusted_proxies);
    request.extensions_mut().insert(client);
    let observer = RequestObserver::begin(&request, &id, client);
    base_path::strip(&mut request, &app.settings().base_path);
    let (path, method) = (request.uri().path().to_owned(), request.method().clone());
    let can_close = request.version() <= Version::HTTP_11;
    request.extensions_mut().insert(RequestName {
        path: app.path(&path),
        documentation: app.path("/docs"),
        id: id.clone(),
    });
    request.extensions_mut().insert(observer.spans());
    let (request, asked) = drain_unread(request);
    let mut response = observer.instrument(next.run(request)).await;
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        observer.log_failure(&failure);
    }
    if method == Method::OPTIONS && response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response = options(response);
    }
    if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&response.status()) {
        // The router names the methods of a path in whatever comes of another.
        response.headers_mut().remove(header::ALLOW);
    }
    if has_no_content(response.status()) {
        response = without_content(response);
    } else if method == Method::HEAD && !response.headers().contains_key(header::CONTENT_LENGTH) {
        // The answer to GET is streamed and has no length.
        *response.body_mut() = Body::new(NoContent);
    }
    let audience = if response.extensions_mut().remove::<Personal>().is_some() { Audience::One } else { Audience::All };
    common_headers::add(response.headers_mut(), &path, audience);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    // A client that waits to be asked for its body, and is not, cannot send another request before it: whether the body
    // still comes, the next bytes would not tell. A client of a service that drains opens its next connection elsewhere.
    if can_close && (asked.is_owed() || app.is_draining()) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    observer.until_sent(response)
}

/// Answers which methods a path takes: the router has named them in `Allow`.
fn options(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Has whatever prints the headers leave credentials out.
fn hide_credentials(headers: &mut HeaderMap) {
    if let Entry::Occupied(mut credentials) = headers.entry(header::AUTHORIZATION) {
        credentials.iter_mut().for_each(|value| value.set_sensitive(true));
    }
}

/// The client's id if it is acceptable (contract section 8), else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let given = given
        .filter(|id| (1..=MAX_REQUEST_ID_LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()));
    given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}
