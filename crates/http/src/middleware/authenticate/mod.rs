//! Finds out whom a request comes from, and lets only those pass who may do what it asks for.
//!
//! It stands where the route is known and nothing of the body is read: who may not do a thing is not told what is wrong with it.

mod needs;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use partbook_domain::access::{Actor, Scope};
use utoipa::openapi::OpenApi;

use self::needs::{Need, Needs};
use super::observe::RequestSpans;
use crate::credentials::Credentials;
use crate::extract::client_address::ClientAddress;
use crate::extract::principal::Principal;
use crate::respond::challenge::{Challenge, challenged};
use crate::state::App;

/// Who may pass where.
pub(crate) struct Gate {
    app: App,
    needs: Needs,
}

impl Gate {
    /// The gate before the operations of a document.
    pub(crate) fn new(app: App, document: &OpenApi) -> Arc<Self> {
        Arc::new(Self { app, needs: Needs::stated_in(document) })
    }
}

/// Says of an answer that it is meant for one caller alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Personal;

/// Verifies the credentials of a request and compares what its caller may do with what its operation needs.
pub(crate) async fn authenticate(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    let (need, credentials) = (gate.needs.of(&request), gate.app.credentials());
    let from = request.extensions().get::<ClientAddress>().and_then(|client| client.ip());
    // The health checks are answered to everybody, and not to everybody alike.
    let scope = need.scope.unwrap_or(Scope::Read);
    let depends_on_caller = !credentials.anonymous().scopes().allow(scope);
    let principal = match credentials.verify(request.headers(), from).await {
        Ok(principal) => principal,
        Err(_) if need.scope.is_none() => credentials.nobody(),
        Err(rejection) => return varying(rejection.into_response(), credentials),
    };
    let is_known = principal.actor != Actor::Anonymous;
    if is_known && let Some(spans) = request.extensions().get::<RequestSpans>() {
        spans.identify(&principal.actor);
    }
    if let Some(needed) = need.scope.filter(|needed| !principal.may(*needed, need.subject)) {
        return varying(refused(&principal, needed, &need), credentials);
    }
    request.extensions_mut().insert(principal);
    let mut response = next.run(request).await;
    if is_known {
        response.extensions_mut().insert(Personal);
    }
    if depends_on_caller { varying(response, credentials) } else { response }
}

fn refused(principal: &Principal, needed: Scope, need: &Need) -> Response {
    let Some(name) = principal.actor.name() else {
        let scope = needed.name();
        let detail = format!("This needs a token with the scope {scope}: send it as `Authorization: Bearer pbk_...`");
        return challenged(StatusCode::UNAUTHORIZED, Challenge::Credentials(needed), &detail);
    };
    let detail = if principal.grant.scopes.allow(needed) {
        let entities = principal.grant.entities.iter().flatten().map(|entity| entity.name).collect::<Vec<_>>();
        format!("{name} is narrowed to {}, and this is about {}", entities.join(", "), need.about())
    } else {
        format!("This needs the scope {}; {name} has {}", needed.name(), principal.grant.scopes)
    };
    challenged(StatusCode::FORBIDDEN, Challenge::InsufficientScope(needed), &detail)
}

/// Tells caches that another caller may be answered something else.
fn varying(mut response: Response, credentials: &Credentials) -> Response {
    if let Some(header) = credentials.user_header() {
        response.headers_mut().append(header::VARY, HeaderValue::from(header.clone()));
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("authorization"));
    response
}
