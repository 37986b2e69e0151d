//! Who may do what (docs/access.md), as far as it takes a process: the start, the tokens of a file, and what is never written.

mod commands;
mod networks;
mod refused_start;
mod smoke;
mod tokens_file;
mod written;

use partbook_test_support::server::Options;
use partbook_test_support::{Answer, Method, Request, Server, Tokens, secret};

/// A server with the tokens of a file, where the anonymous may do nothing.
fn guarded(tokens: &Tokens) -> Options {
    let path = tokens.path();
    let path = path.to_str().expect("a path in UTF-8");
    Server::options().env("PARTBOOK_ANONYMOUS", "none").env("PARTBOOK_TOKENS_FILE", path)
}

/// A request with the token of this name.
fn with_token(server: &Server, name: &str, method: Method, path: &str) -> Request {
    server.request(method, path).header("Authorization", &format!("Bearer {}", secret(name)))
}

async fn get(server: &Server, name: &str, path: &str) -> Answer {
    with_token(server, name, Method::GET, path).send().await
}
