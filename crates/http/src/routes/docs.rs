//! The API document and a page to read it, all from the binary (contract section 8).

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use crate::openapi;
use crate::router::App;

/// The page may load what this service sends, and nothing else. The viewer sets styles and draws icons of its own.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The files of the page, with their media types: two are ours, the others are those of Swagger UI that it loads, which
/// `build.rs` takes out of its archive.
const FILES: &[(&str, &str, &[u8])] = &[
    ("index.html", "text/html", include_bytes!("docs/index.html")),
    ("swagger-initializer.js", "text/javascript", include_bytes!("docs/swagger-initializer.js")),
    ("index.css", "text/css", include_bytes!(concat!(env!("OUT_DIR"), "/index.css"))),
    ("swagger-ui.css", "text/css", include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css"))),
    ("swagger-ui-bundle.js", "text/javascript", include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js"))),
    ("favicon-16x16.png", "image/png", include_bytes!(concat!(env!("OUT_DIR"), "/favicon-16x16.png"))),
    ("favicon-32x32.png", "image/png", include_bytes!(concat!(env!("OUT_DIR"), "/favicon-32x32.png"))),
];

/// The document, as `openapi/partbook.json` has it.
static DOCUMENT: LazyLock<String> = LazyLock::new(openapi::document);

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(openapi::routed("/openapi.json".to_owned(), openapi::itself(), get(document)))
        .route("/", get(|| async { Redirect::to("/docs") }))
        .route("/docs", get(|| async { file("index.html") }))
        .route("/docs/{file}", get(|Path(name): Path<String>| async move { file(&name) }))
}

async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

fn file(name: &str) -> Response {
    let Some((_, content_type, bytes)) = FILES.iter().find(|(file, ..)| *file == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (headers, *bytes).into_response()
}
