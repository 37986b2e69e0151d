//! Answers every request with the bytes of one CPU: the limit of the HTTP stack, against which `scripts/bench` measures.
//!
//! `cargo run --release -p partbook-http --example constant -- PORT`

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use tokio::net::TcpListener;

const ROW: &str = r#"{"id":1,"name":"Intel Core i5-4590","manufacturer":"Intel","socket":"FCLGA1150","cores":4,"threads":4,"tdp_w":84,"igpu_model":"Intel HD Graphics 4600","cpu_mark_multi":5350,"cpu_mark_single":2080,"igpu_mark":null,"release_year":2014,"notes":null,"passmark_slug":null,"passmark_category":"Desktop","passmark_id":null,"attributes":{},"attributes_json":{},"created_at":"2026-01-01T12:00:00.000000Z","updated_at":"2026-01-01T12:00:00.000000Z"}"#;

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).and_then(|port| port.parse::<u16>().ok()).expect("a port as the argument");
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
    let router = Router::new().fallback(|| async { ([(CONTENT_TYPE, "application/json")], ROW) });
    axum::serve(listener, router).await.expect("a server");
}
