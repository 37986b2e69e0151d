//! Refuses clients that ask too often (429), and tells all how much they have left.

mod key;
mod limiter;
pub(crate) mod rate;
mod store;

use std::hash::RandomState;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use partbook_domain::access::Actor;

use self::key::Key;
use self::limiter::{Limiter, Standing};
use self::rate::{REQUESTS, RateLimits, WRITES};
use super::request::is_probe;
use crate::extract::client_address::{ClientAddress, Peer};
use crate::extract::forwarded::X_FORWARDED_FOR;
use crate::extract::host::Reach;
use crate::extract::principal::Principal;
use crate::header::{RATE_LIMIT, RATE_LIMIT_POLICY};
use crate::respond::problem::Problem;

/// How often the log says that a proxy is taken for a client.
const LOG_INTERVAL: Duration = Duration::from_mins(10);

/// The limits of one listener, and what each client has used up.
#[derive(Clone)]
pub(crate) struct Limiters(Arc<Inner>);

struct Inner {
    requests: Option<Limiter>,
    writes: Option<Limiter>,
    failures: Limiter,
    hasher: RandomState,
    proxy_logged: Mutex<Option<Instant>>,
}

impl Limiters {
    /// The limits of a listener; none where nothing is limited.
    pub(crate) fn new(limits: RateLimits, reach: Reach) -> Option<Self> {
        let rate = limits.requests.at(reach, REQUESTS);
        let requests = rate.map(|rate| Limiter::new("requests", rate));
        let writes = limits.writes.at(reach, WRITES).map(|rate| Limiter::new("writes", rate));
        if requests.is_none() && writes.is_none() {
            return None;
        }
        let failures = Limiter::new("failures", rate.unwrap_or(REQUESTS).of_failures());
        let (hasher, proxy_logged) = (RandomState::new(), Mutex::default());
        Some(Self(Arc::new(Inner { requests, writes, failures, hasher, proxy_logged })))
    }

    /// Says, now and then, that clients may share a limit because their proxy is taken for all of them.
    fn suspect_proxy(&self, client: ClientAddress, request: &Request) {
        let is_peer = request.extensions().get::<Peer>().is_some_and(|peer| ClientAddress::from(*peer) == client);
        let headers = request.headers();
        if !is_peer || !(headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(header::FORWARDED)) {
            return;
        }
        let mut logged = self.0.proxy_logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
            *logged = Some(Instant::now());
            tracing::warn!("rate limit reached by what may be a proxy; PARTBOOK_TRUSTED_PROXIES does not name it");
        }
    }
}

/// Counts a request against the limit of its client. Those of who watches the service are not counted.
pub(crate) async fn limit(State(limiters): State<Limiters>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let limiter = if is_read { &limiters.0.requests } else { &limiters.0.writes };
    let Some(limiter) = limiter.as_ref().filter(|_| !is_probe(request.uri().path())) else {
        return next.run(request).await;
    };
    let client = client_of(&request);
    let actor = request.extensions().get::<Principal>().map(|principal| &principal.actor);
    let principal = actor.and_then(|actor| Key::of_principal(actor, &limiters.0.hasher));
    let standing = limiter.count(&principal.unwrap_or_else(|| Key::of(client)));
    let mut response = if let Some(seconds) = standing.retry_after {
        let whose = actor.and_then(Actor::name).map_or("from this address".to_owned(), |name| format!("by {name}"));
        if principal.is_none() {
            limiters.suspect_proxy(client, &request);
        }
        too_many(&format!("There were too many {} {whose}", limiter.name()), seconds)
    } else {
        next.run(request).await
    };
    tell(response.headers_mut(), limiter, &standing);
    response
}

/// Answers who shows too many credentials that are not accepted 429 instead of 401. Those that are accepted pass, whoever else asks
/// from the same address: nobody guesses 256 bits, and nobody is to lock others out.
pub(crate) async fn limit_failures(State(limiters): State<Limiters>, request: Request, next: Next) -> Response {
    let has_credentials = request.headers().contains_key(header::AUTHORIZATION);
    let key = Key::of(client_of(&request));
    let response = next.run(request).await;
    if !has_credentials || response.status() != StatusCode::UNAUTHORIZED {
        return response;
    }
    match limiters.0.failures.count(&key).retry_after {
        Some(seconds) => too_many("Too many credentials from this address were not accepted", seconds),
        None => response,
    }
}

fn client_of(request: &Request) -> ClientAddress {
    request.extensions().get::<ClientAddress>().copied().unwrap_or(ClientAddress::Unix)
}

fn too_many(why: &str, seconds: u64) -> Response {
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let detail = format!("{why}; try again in {seconds} {unit}");
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Adds the fields of draft-ietf-httpapi-ratelimit-headers-10.
fn tell(headers: &mut HeaderMap, limiter: &Limiter, standing: &Standing) {
    headers.insert(RATE_LIMIT_POLICY, limiter.policy().clone());
    let text = format!("\"{}\";r={};t={}", limiter.name(), standing.remaining, standing.restored_after);
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(RATE_LIMIT, value);
    }
}
