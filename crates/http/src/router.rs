//! The service as a whole: what it needs, its routes, and the layers around them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use partbook_domain::registry;
use partbook_repository::Repository;
use partbook_telemetry::error_chain;
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::normalize_path::NormalizePath;
use utoipa_axum::router::OpenApiRouter;

use crate::middleware::{compression, cors, observe, request as envelope};
use crate::openapi;
use crate::routes::metrics::{self, Metrics};
use crate::routes::{collection, docs, fields_data, health};

/// What an operator chooses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the installation, such as `production`.
    pub environment: String,
    /// The version that `/health` shows.
    pub version: &'static str,
    /// The origins whose pages may call the API; `*` for all (contract section 8).
    pub cors_origins: Vec<String>,
    /// Whether a change of a row must say which version it is meant for: 428 without `If-Match` (contract section 7).
    pub requires_if_match: bool,
    /// Whether `/metrics` is only on a listener of its own: [`App::admin_router`].
    pub has_admin_listener: bool,
}

/// The service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    repository: Repository,
    settings: Settings,
    metrics: Metrics,
    draining: AtomicBool,
}

impl App {
    /// The service on a repository.
    #[must_use]
    pub fn new(repository: Repository, settings: Settings, metrics: Metrics) -> Self {
        Self(Arc::new(Inner { repository, settings, metrics, draining: AtomicBool::new(false) }))
    }

    pub(crate) fn repository(&self) -> &Repository {
        &self.0.repository
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// Says that the service is about to stop: it is not ready any more, and goes on answering.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Forgets the answers that were kept for requests sent again and are too old now.
    pub async fn sweep(&self) {
        if let Err(error) = self.repository().sweep().await {
            tracing::warn!(
                error = error_chain(&error),
                "old answers to requests with an Idempotency-Key could not be deleted"
            );
        }
    }

    /// The routes with everything around them.
    pub fn router(&self) -> Router {
        let routes = if self.settings().has_admin_listener { public_routes() } else { routes() };
        self.around(routes)
    }

    /// What operators ask, for a listener that only they reach: `/metrics`, and how the service is.
    pub fn admin_router(&self) -> Router {
        self.around(health::routes().merge(metrics::routes()))
    }

    fn around(&self, routes: OpenApiRouter<Self>) -> Router {
        let (routes, _) = routes.split_for_parts();
        let layered = routes.with_state(self.clone()).layer(CompressionLayer::new()).layer(CatchPanicLayer::new());
        let named = layered.layer(from_fn(compression::negotiate)).layer(from_fn(observe::name_route));
        // A trailing slash must be gone before a route is sought.
        let plain = Router::new().fallback_service(NormalizePath::trim_trailing_slash(named));
        let with_cors = plain.clone().layer(cors::layer(&self.settings().cors_origins));
        // The layer would answer every OPTIONS request as a preflight.
        let service = Router::new().fallback(move |request: Request| {
            let chosen = if cors::is_plain_options(&request) { plain.clone() } else { with_cors.clone() };
            async move { chosen.oneshot(request).await }
        });
        service.layer(from_fn_with_state(self.clone(), envelope::wrap))
    }
}

/// Every route, each with its part of the API document.
pub(crate) fn routes() -> OpenApiRouter<App> {
    public_routes().merge(metrics::routes())
}

/// What clients may reach.
fn public_routes() -> OpenApiRouter<App> {
    let router = OpenApiRouter::with_openapi(openapi::base());
    let router = registry().iter().fold(router, |router, entity| router.merge(collection::routes(entity)));
    router.merge(fields_data::routes()).merge(health::routes()).merge(docs::routes())
}
