//! The API document and a page to read it, all from the binary (contract section 8).

use std::sync::{Arc, LazyLock};

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::Config;

use crate::openapi;
use crate::router::App;

/// The page may load what this service sends, and nothing else. The viewer sets styles and draws icons of its own.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The document, as `openapi/partbook.json` has it.
static DOCUMENT: LazyLock<String> = LazyLock::new(openapi::document);

pub(crate) fn routes() -> OpenApiRouter<App> {
    let config =
        Arc::new(Config::from("/openapi.json").try_it_out_enabled(true).validator_url("none").use_base_layout());
    let page = config.clone();
    OpenApiRouter::new()
        .routes(openapi::routed("/openapi.json".to_owned(), openapi::itself(), get(document)))
        .route("/", get(|| async { Redirect::to("/docs") }))
        .route("/docs", get(move || async move { file("index.html", page) }))
        .route("/docs/{file}", get(move |Path(name): Path<String>| async move { file(&name, config) }))
}

async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

fn file(name: &str, config: Arc<Config<'static>>) -> Response {
    match utoipa_swagger_ui::serve(name, config) {
        Ok(Some(file)) => {
            let bytes = if name == "index.html" {
                // The page stands at /docs, without a slash at the end.
                let page = String::from_utf8_lossy(&file.bytes)
                    .replace("\"./", "\"/docs/")
                    .replace("<title>Swagger UI</title>", "<title>Partbook API</title>")
                    .replace("\"index.css", "\"/docs/index.css");
                page.into_bytes()
            } else {
                file.bytes.into_owned()
            };
            let headers = [
                (
                    header::CONTENT_TYPE,
                    HeaderValue::from_str(&file.content_type).unwrap_or(HeaderValue::from_static("text/plain")),
                ),
                (header::CONTENT_SECURITY_POLICY, POLICY),
                (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            ];
            (headers, bytes).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "the documentation page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
