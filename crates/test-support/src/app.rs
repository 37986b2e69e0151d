//! The service inside the test's own process: the one file here that knows how a router is made of a database.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use metrics::set_default_local_recorder;
use metrics_exporter_prometheus::PrometheusRecorder;
use partbook_database::{DatabaseUrl, Pool, PoolSettings, StartError};
use partbook_domain::access::Anonymous;
use partbook_domain::clock::SystemClock;
use partbook_http::{App, Hosts, HttpLimits, HttpSettings, Metrics, RateLimits, Reach, TokensFile, TrustedProxies};
use partbook_repository::{Repository, RepositoryLimits, required_tables};
use tokio::runtime::{Handle, Id};

/// What the service inside a test is said to be built from.
const COMMIT: &str = "of the tests";

/// How a service is to be started, where the defaults do not do.
#[derive(Clone, Debug)]
pub struct Options {
    settings: HttpSettings,
    pool: PoolSettings,
    limits: RepositoryLimits,
    url: Option<String>,
}

impl Default for Options {
    /// What `partbook serve` does without settings.
    fn default() -> Self {
        let settings = HttpSettings {
            environment: "development".to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            commit: COMMIT,
            base_path: String::new(),
            cors_origins: vec!["http://localhost:3000".to_owned()],
            requires_if_match: false,
            ignores_legacy_limit: false,
            has_admin_listener: false,
            hosts: Hosts::default(),
            proxy_users: None,
            trusted_proxies: TrustedProxies::default(),
            rate_limits: RateLimits::default(),
            anonymous: Anonymous::Write,
            tokens_file: None,
            limits: HttpLimits::default(),
        };
        Self { settings, pool: PoolSettings::default(), limits: RepositoryLimits::default(), url: None }
    }
}

impl Options {
    /// The name of the installation.
    pub fn environment(mut self, name: &str) -> Self {
        name.clone_into(&mut self.settings.environment);
        self
    }

    /// Refuses changes that do not say which version they are meant for.
    pub fn requires_if_match(mut self) -> Self {
        self.settings.requires_if_match = true;
        self
    }

    /// The path under which clients reach the service.
    pub fn base_path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.settings.base_path);
        self
    }

    /// Ignores `limit` where the legacy service did.
    pub fn ignores_legacy_limit(mut self) -> Self {
        self.settings.ignores_legacy_limit = true;
        self
    }

    /// The origins whose pages may call.
    pub fn cors_origins(mut self, origins: &[&str]) -> Self {
        self.settings.cors_origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        self
    }

    /// What a request without credentials may do.
    pub fn anonymous(mut self, anonymous: Anonymous) -> Self {
        self.settings.anonymous = anonymous;
        self
    }

    /// Accepts the tokens of a file.
    ///
    /// # Panics
    /// It cannot be read.
    pub fn tokens(mut self, file: &Path) -> Self {
        self.settings.tokens_file = Some(TokensFile::open(file).expect("a file of tokens"));
        self
    }

    /// The greatest number of connections.
    pub fn pool_size(mut self, size: u32) -> Self {
        self.pool.size = size;
        self
    }

    /// How much is stored for idempotency keys, bytes.
    pub fn idempotency_bytes(mut self, bytes: u64) -> Self {
        self.limits.idempotency_bytes = bytes;
        self
    }

    /// Another URL than the database's own, such as that of another role.
    pub fn url(mut self, url: &str) -> Self {
        self.url = Some(url.to_owned());
        self
    }

    /// Starts on a database, as `partbook serve` does; see there.
    pub(crate) async fn open(self, url: &str) -> Result<(Router, Pool), StartError> {
        let pool = pool(self.url.as_deref().unwrap_or(url), &self.pool).await?;
        let prepared = partbook_migrate::prepare(
            pool.clone(),
            &required_tables(),
            partbook_migrate::AtStart::Migrate(&partbook_migrate::NoPrecaution),
        )
        .await?;
        let metrics = Metrics::of(recorder(), env!("CARGO_PKG_VERSION"), COMMIT);
        let repository = Repository::open(prepared, Arc::new(SystemClock), self.limits);
        let app = App::new(repository, self.settings, metrics);
        Ok((app.router(Reach::Socket), pool))
    }
}

/// What collects the figures of a test, which is a runtime on a thread: its services share it, as they share the process.
fn recorder() -> &'static PrometheusRecorder {
    thread_local!(static OF_TEST: Cell<Option<(Id, &'static PrometheusRecorder)>> = const { Cell::new(None) });
    let test = Handle::current().id();
    if let Some((_, recorder)) = OF_TEST.get().filter(|(of, _)| *of == test) {
        return recorder;
    }
    // Both stay for as long as the thread: whatever runs there may still count something.
    let recorder: &PrometheusRecorder = Box::leak(Box::new(Metrics::recorder()));
    std::mem::forget(set_default_local_recorder(recorder));
    OF_TEST.set(Some((test, recorder)));
    recorder
}

async fn pool(url: &str, settings: &PoolSettings) -> Result<Pool, StartError> {
    let url = DatabaseUrl::parse(url).expect("a URL of a database");
    Pool::connect(&url, settings).await
}

/// The catalog of a database, where many operations would take long through a router.
///
/// # Panics
/// The database cannot be served.
pub async fn repository(url: &str) -> Repository {
    let pool = pool(url, &PoolSettings::default()).await.expect("a database");
    let prepared = partbook_migrate::prepare(
        pool,
        &required_tables(),
        partbook_migrate::AtStart::Migrate(&partbook_migrate::NoPrecaution),
    )
    .await
    .expect("a database that can be served");
    Repository::open(prepared, Arc::new(SystemClock), RepositoryLimits::default())
}

/// Sets an empty database up, as a first start does.
pub(crate) async fn prepare(url: &str) {
    let pool = pool(url, &PoolSettings::default()).await.expect("a database");
    partbook_migrate::prepare(
        pool.clone(),
        &required_tables(),
        partbook_migrate::AtStart::Migrate(&partbook_migrate::NoPrecaution),
    )
    .await
    .expect("a database that can be set up");
    pool.close().await;
}

/// The API document, as `partbook openapi` prints it.
pub fn api_document() -> String {
    partbook_http::openapi()
}
