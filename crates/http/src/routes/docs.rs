//! The API document and a page to read it, both from the binary (contract section 8).

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use crate::openapi;
use crate::respond::static_file::StaticFile;
use crate::state::App;

/// The files of the page: two of this project, and those of Swagger UI that they load, which `build.rs` extracts from its
/// archive.
const FILES: &[StaticFile] = &[
    StaticFile { name: "index.html", media_type: "text/html", content: include_bytes!("docs/index.html") },
    StaticFile {
        name: "swagger-initializer.js",
        media_type: "text/javascript",
        content: include_bytes!("docs/swagger-initializer.js"),
    },
    StaticFile {
        name: "index.css",
        media_type: "text/css",
        content: include_bytes!(concat!(env!("OUT_DIR"), "/index.css")),
    },
    StaticFile {
        name: "swagger-ui.css",
        media_type: "text/css",
        content: include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css")),
    },
    StaticFile {
        name: "swagger-ui-bundle.js",
        media_type: "text/javascript",
        content: include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js")),
    },
    StaticFile {
        name: "favicon-16x16.png",
        media_type: "image/png",
        content: include_bytes!(concat!(env!("OUT_DIR"), "/favicon-16x16.png")),
    },
    StaticFile {
        name: "favicon-32x32.png",
        media_type: "image/png",
        content: include_bytes!(concat!(env!("OUT_DIR"), "/favicon-32x32.png")),
    },
];

/// The files of this project.
const OWN_FILES: [&str; 2] = ["index.html", "swagger-initializer.js"];

/// The routes; `document` is the text of the API document.
pub(crate) fn routes(document: &'static LazyLock<String>) -> OpenApiRouter<App> {
    let serve = move |State(app): State<App>| async move {
        ([(header::CONTENT_TYPE, "application/json")], with_server(document, &app.path("")))
    };
    OpenApiRouter::new()
        .routes(openapi::routed("/openapi.json".to_owned(), openapi::service::document(), get(serve)))
        .route("/", get(|State(app): State<App>| async move { Redirect::to(&app.path("/docs")) }))
        .route("/docs", get(|State(app): State<App>| async move { file(&app, "index.html") }))
        .route("/docs/{file}", get(|State(app): State<App>, Path(name): Path<String>| async move { file(&app, &name) }))
}

/// The document, which names the path under which clients reach the service.
fn with_server(document: &'static str, base: &str) -> Cow<'static, str> {
    if base.is_empty() {
        return Cow::Borrowed(document);
    }
    let begin = document.strip_prefix('{').unwrap_or(document);
    Cow::Owned(format!("{{\n  \"servers\": [{{ \"url\": \"{base}\" }}],{begin}"))
}

fn file(app: &App, name: &str) -> Response {
    match FILES.iter().find(|file| file.name == name) {
        Some(file) if OWN_FILES.contains(&name) => {
            // They name paths of the service, and nothing else, right after a quote.
            let text = String::from_utf8_lossy(file.content).replace("\"/", &format!("\"{}", app.path("/")));
            file.response(text)
        }
        Some(file) => file.response(file.content),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
