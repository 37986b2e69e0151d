//! Every route, the layers around them, and the document that describes them.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use partbook_domain::access::Anonymous;
use partbook_domain::{Vocabulary, registry};
use serde_json::Value;
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::normalize_path::NormalizePath;
use utoipa_axum::router::OpenApiRouter;

use crate::extract::host::Reach;
use crate::middleware::authenticate::{Gate, authenticate};
use crate::middleware::rate_limit::Limiters;
use crate::middleware::{
    compression, consistency, cors, host, observe, pending_answers, problem_body, rate_limit, request,
};
use crate::openapi;
use crate::routes::docs::ApiDocument;
use crate::routes::{collection, custom_fields, docs, fields_data, health, metrics};
use crate::state::App;

/// Who asks on a listener.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Callers {
    /// Whoever their credentials say they are.
    AreTold,
    /// Operators: others do not reach it.
    AreOperators,
}

impl App {
    /// Every route that this listener serves, with all layers.
    pub fn router(&self, reach: Reach) -> Router {
        let routes = if self.settings().has_admin_listener { public_routes() } else { routes() };
        let limiters = Limiters::new(self.settings().rate_limits, reach);
        self.around(routes, reach, limiters, Callers::AreTold)
    }

    /// The routes for a listener that only operators reach: `/metrics` and the health checks. Nobody is asked who they are.
    pub fn admin_router(&self, reach: Reach) -> Router {
        self.around(health::routes().merge(metrics::routes()), reach, None, Callers::AreOperators)
    }

    fn around(
        &self,
        routes: OpenApiRouter<Self>,
        reach: Reach,
        limiters: Option<Limiters>,
        callers: Callers,
    ) -> Router {
        let (routes, described) = routes.split_for_parts();
        let vocabulary = self.repository().vocabulary().clone();
        let anonymous = self.settings().anonymous;
        let document = ApiDocument::new(move || served_document(&vocabulary, anonymous));
        let mut routes = routes.with_state(self.clone());
        if self.repository().replicas().is_some() {
            routes = routes.layer(from_fn(consistency::track));
        }
        if let Some(limiters) = limiters.clone() {
            routes = routes.layer(from_fn_with_state(limiters, rate_limit::limit));
        }
        if callers == Callers::AreTold {
            routes = routes.layer(from_fn_with_state(Gate::new(self.clone(), &described), authenticate));
        }
        if let Some(limiters) = limiters {
            routes = routes.layer(from_fn_with_state(limiters, rate_limit::limit_failures));
        }
        let answered = routes
            .layer(Extension(Arc::new(document)))
            .layer(CatchPanicLayer::new())
            .layer(from_fn(problem_body::write));
        let bounded = answered.layer(from_fn_with_state(self.clone(), pending_answers::bound));
        let compressed = bounded.layer(compression::layer()).layer(from_fn(compression::negotiate));
        let named = compressed.layer(from_fn(observe::expose_route));
        // The router does not see a trailing slash: it is removed first.
        let plain = Router::new().fallback_service(NormalizePath::trim_trailing_slash(named));
        let with_cors = plain.clone().layer(cors::layer(&self.settings().cors_origins));
        // The CORS layer takes every OPTIONS request for a preflight, so plain ones go past it.
        let service = Router::new().fallback(move |request: Request| {
            let chosen = if cors::is_plain_options(&request) { plain.clone() } else { with_cors.clone() };
            async move { chosen.oneshot(request).await }
        });
        let for_host = service.layer(from_fn_with_state((self.clone(), reach), host::check));
        for_host.layer(from_fn_with_state(self.clone(), request::wrap))
    }
}

/// The whole API document, pretty-printed, with a newline at its end: the text of `openapi/partbook.json`.
#[must_use]
pub fn document() -> String {
    let document = routes().into_openapi();
    let mut text = document.to_pretty_json().expect("the document is made of plain data");
    text.push('\n');
    text
}

/// The document as it is served where every word can be stored.
static DOCUMENT: LazyLock<String> = LazyLock::new(document);

/// The document as it is served beside a database, to callers of whom the anonymous may do so much.
fn served_document(vocabulary: &Vocabulary, anonymous: Anonymous) -> Cow<'static, str> {
    if vocabulary.is_whole() && anonymous == Anonymous::Write {
        return Cow::Borrowed(&DOCUMENT);
    }
    let mut document: Value = serde_json::from_str(&DOCUMENT).expect("the document is JSON");
    if !vocabulary.is_whole() {
        openapi::vocabulary::restrict(&mut document, vocabulary);
    }
    openapi::restrict(&mut document, anonymous);
    Cow::Owned(format!("{document:#}\n"))
}

/// Every route, each with its part of the API document.
fn routes() -> OpenApiRouter<App> {
    public_routes().merge(metrics::routes())
}

/// The routes that clients reach, each with its part of the API document.
fn public_routes() -> OpenApiRouter<App> {
    let router = OpenApiRouter::with_openapi(openapi::base());
    let router = registry().iter().fold(router, |router, entity| router.merge(collection::routes(entity)));
    router.merge(custom_fields::routes()).merge(fields_data::routes()).merge(health::routes()).merge(docs::routes())
}
