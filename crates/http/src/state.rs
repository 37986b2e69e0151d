//! What handlers and layers share: the repository, the settings, the metrics, and whether the service drains.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use partbook_domain::access::Anonymous;
use partbook_repository::{Consistency, Repository};
use partbook_telemetry::error_chain;

use crate::credentials::{Credentials, ProxyUsers, TokensFile};
use crate::extract::body_memory::BodyMemory;
use crate::extract::client_address::TrustedProxies;
use crate::extract::host::Hosts;
use crate::metrics::Metrics;
use crate::middleware::rate_limit::rate::RateLimits;
use crate::respond::pending::PendingAnswers;

/// The settings of the HTTP service.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The name of the installation, such as `production`.
    pub environment: String,
    /// The version that `/health` shows.
    pub version: &'static str,
    /// The commit that the program was built from, which `/health` shows, too.
    pub commit: &'static str,
    /// The path under which clients reach the service, such as `/parts`; empty for the root. It is not checked here.
    pub base_path: String,
    /// The origins whose pages may call the API; `*` for all (contract section 8).
    pub cors_origins: Vec<String>,
    /// Whether changing a row requires `If-Match`: 428 without it (contract section 7).
    pub requires_if_match: bool,
    /// Whether `limit` alone is ignored on the lists of what is known by its name, as the legacy service did (contract
    /// section 3).
    pub ignores_legacy_limit: bool,
    /// Whether `/metrics` is served only by [`App::admin_router`], on its own listener.
    pub has_admin_listener: bool,
    /// The hosts that are the service's.
    pub hosts: Hosts,
    /// The users whom trusted proxies name, if they do.
    pub proxy_users: Option<ProxyUsers>,
    /// The proxies whose word is taken for who asks.
    pub trusted_proxies: TrustedProxies,
    /// How often each client may ask.
    pub rate_limits: RateLimits,
    /// What a request without credentials may do.
    pub anonymous: Anonymous,
    /// The tokens that are accepted, where there are any.
    pub tokens_file: Option<TokensFile>,
    /// How much requests may take up.
    pub limits: HttpLimits,
}

/// How much requests may take up.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Answers that wait for their readers, bytes of memory.
    pub answer_bytes: u64,
    /// Bodies that are read and worked on, bytes as they came; and as many of memory for their values.
    pub body_bytes: u64,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { answer_bytes: 128 * 1024 * 1024, body_bytes: 4 * 1024 * 1024 }
    }
}

/// The service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    inner: Arc<Inner>,
    /// The repository, for one request or for all.
    repository: Repository,
}

#[derive(Debug)]
struct Inner {
    settings: HttpSettings,
    credentials: Credentials,
    metrics: Metrics,
    draining: AtomicBool,
    pending_answers: Arc<PendingAnswers>,
    body_memory: BodyMemory,
}

impl App {
    /// The service on a repository.
    #[must_use]
    pub fn new(repository: Repository, settings: HttpSettings, metrics: Metrics) -> Self {
        let pending_answers = Arc::new(PendingAnswers::new(settings.limits.answer_bytes));
        let body_memory = BodyMemory::new(settings.limits.body_bytes);
        let draining = AtomicBool::new(false);
        let credentials =
            Credentials::new(settings.anonymous, settings.tokens_file.clone(), settings.proxy_users.clone());
        let inner = Arc::new(Inner { settings, credentials, metrics, draining, pending_answers, body_memory });
        Self { inner, repository }
    }

    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The service for one request, of which it is noted what it sees.
    fn within(&self, consistency: &Arc<Consistency>) -> Self {
        Self { inner: self.inner.clone(), repository: self.repository.within(consistency) }
    }

    pub(crate) fn settings(&self) -> &HttpSettings {
        &self.inner.settings
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.inner.credentials
    }

    /// A path of the service, as clients reach it.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.settings().base_path)
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(crate) fn pending_answers(&self) -> &Arc<PendingAnswers> {
        &self.inner.pending_answers
    }

    pub(crate) fn body_memory(&self) -> &BodyMemory {
        &self.inner.body_memory
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.inner.draining.load(Ordering::Relaxed)
    }

    /// Starts draining: `/readyz` fails from now on, all else is served as before.
    pub fn drain(&self) {
        self.inner.draining.store(true, Ordering::Relaxed);
    }

    /// Deletes the stored responses to requests with an `Idempotency-Key` that have expired.
    pub async fn delete_expired(&self) {
        if let Err(error) = self.repository().delete_expired().await {
            tracing::warn!(error = error_chain(&error), "responses to idempotency keys could not be deleted");
        }
    }
}

/// The service as a handler gets it: for the request alone, where what it sees is noted.
impl FromRequestParts<Self> for App {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Self) -> Result<Self, Self::Rejection> {
        let consistency = parts.extensions.get::<Arc<Consistency>>();
        Ok(consistency.map_or_else(|| app.clone(), |consistency| app.within(consistency)))
    }
}
