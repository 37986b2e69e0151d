//! The API document and a page to read it, both from the binary (contract section 8).

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use axum::Extension;
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

/// The text of the API document, made when it is asked for.
pub(crate) struct ApiDocument(LazyLock<Cow<'static, str>, Box<dyn FnOnce() -> Cow<'static, str> + Send>>);

impl ApiDocument {
    pub(crate) fn new(make: impl FnOnce() -> Cow<'static, str> + Send + 'static) -> Self {
        Self(LazyLock::new(Box::new(make)))
    }
}

/// The routes; the document is an extension of theirs.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(openapi::routed("/openapi.json".to_owned(), openapi::service::document(), get(document)))
        .route("/", get(|State(app): State<App>| async move { Redirect::to(&app.path("/docs")) }))
        .route("/docs", get(|State(app): State<App>| async move { file(&app, "index.html") }))
        .route("/docs/{file}", get(|State(app): State<App>, Path(name): Path<String>| async move { file(&app, &name) }))
}

async fn document(State(app): State<App>, Extension(document): Extension<Arc<ApiDocument>>) -> Response {
    let text = with_server(&document.0, &app.path("")).into_owned();
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// The document, which names the path under which clients reach the service.
fn with_server<'d>(document: &'d str, base: &str) -> Cow<'d, str> {
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
