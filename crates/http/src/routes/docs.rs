//! The API document and a page to read it, both from the binary (contract section 8).

use std::sync::LazyLock;

use axum::extract::Path;
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

/// The routes; `document` is the text of the API document.
pub(crate) fn routes(document: &'static LazyLock<String>) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(openapi::routed(
            "/openapi.json".to_owned(),
            openapi::service::document(),
            get(|| async { ([(header::CONTENT_TYPE, "application/json")], document.as_str()) }),
        ))
        .route("/", get(|| async { Redirect::to("/docs") }))
        .route("/docs", get(|| async { file("index.html") }))
        .route("/docs/{file}", get(|Path(name): Path<String>| async move { file(&name) }))
}

fn file(name: &str) -> Response {
    match FILES.iter().find(|file| file.name == name) {
        Some(file) => file.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
