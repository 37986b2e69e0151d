#!/usr/bin/env bash
# axum 0.8.9: a layer of a Router that answers by itself, and does not ask what is below, is not the last to write its answer. Where the
# path is known and the method is not, the answer leaves with the header Allow, which names the methods of the path: the method
# router adds it on the outside of the layers of `Router::layer`, whatever the status is. So the 401 of a layer that checks
# credentials differs between a path that is there and one that is not.
# Expected: the answer as the layer gave it, and Allow with 405 alone.
#
# Needs cargo and crates.io. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "allowed"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = { version = "=0.8.9", default-features = false }
tokio = { version = "=1.54.1", features = ["macros", "rt"] }
tower = { version = "=0.5.3", features = ["util"] }
TOML
cat >src/main.rs <<'RUST'
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use tower::ServiceExt;

async fn refuse(_: Request, _: Next) -> Response {
    StatusCode::UNAUTHORIZED.into_response()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let router: Router = Router::new().route("/parts", get(|| async { "parts" })).layer(from_fn(refuse));
    for (method, path) in [("GET", "/parts"), ("PUT", "/parts"), ("PUT", "/nothing")] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        println!("{method} {path}: {} allow {:?}", answer.status().as_u16(), answer.headers().get("allow"));
    }
}
RUST
cargo run --quiet >output
cat output
# Seen:
diff output - <<'SEEN'
GET /parts: 401 allow None
PUT /parts: 401 allow Some("GET,HEAD")
PUT /nothing: 401 allow None
SEEN
