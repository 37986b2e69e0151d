//! The users whom a proxy names.

use partbook_test_support::contract::CPU;
use partbook_test_support::server::Options;
use partbook_test_support::{Answer, Backend, Method, Request, Server, Tokens, partbook, secret};

const HEADER: &str = "X-Remote-User";

/// A service that believes whoever is in these networks.
fn options(proxies: &str) -> Options {
    let options = Server::options().env("PARTBOOK_TRUSTED_PROXIES", proxies).env("PARTBOOK_USER_HEADER", HEADER);
    options.env("PARTBOOK_ANONYMOUS", "none")
}

fn list(server: &Server) -> Request {
    server.request(Method::GET, CPU.path)
}

async fn create(server: &Server, user: &str, id: &str) -> Answer {
    let request = server.request(Method::POST, CPU.path).json(&(CPU.minimal)(1));
    request.header(HEADER, user).header("X-Request-ID", id).send().await
}

#[tokio::test]
async fn a_trusted_proxy_names_who_asks() {
    let server = options("127.0.0.1").start(Backend::Sqlite).await;
    create(&server, "ada", "here").await.expect(201);
    assert_eq!(server.lines_of("here").await[0]["span"]["principal"], "user:ada");
    let answer = list(&server).header(HEADER, "ada").send().await.expect(200);
    let vary = answer.header("Vary").unwrap_or_default();
    assert!(vary.contains("x-remote-user") && vary.contains("authorization"), "{vary}");
    assert_eq!(answer.header("Cache-Control"), Some("private, no-cache, no-transform"));
    list(&server).send().await.problem(401);
    list(&server).header(HEADER, "").send().await.problem(401);
    list(&server).header(HEADER, "ada").header(HEADER, "bob").send().await.problem(400);
}

#[tokio::test]
async fn nobody_else_does() {
    let server = options("192.0.2.1").start(Backend::Sqlite).await;
    list(&server).header(HEADER, "ada").send().await.problem(401);
    // Whoever says that they come from there.
    list(&server).header(HEADER, "ada").header("X-Forwarded-For", "192.0.2.1").send().await.problem(401);
    let without = Server::options().env("PARTBOOK_TRUSTED_PROXIES", "127.0.0.1").env("PARTBOOK_ANONYMOUS", "none");
    list(&without.start(Backend::Sqlite).await).header(HEADER, "ada").send().await.problem(401);
}

#[tokio::test]
async fn what_users_may_do_is_set() {
    let server = options("127.0.0.1").env("PARTBOOK_USER_SCOPE", "read").start(Backend::Sqlite).await;
    list(&server).header(HEADER, "ada").send().await.expect(200);
    let problem = create(&server, "ada", "there").await.problem(403);
    assert_eq!(problem.detail, "This needs the scope write; ada has read");
}

#[tokio::test]
async fn a_token_goes_before_a_user() {
    let tokens = Tokens::of(&[("ci", "scope=read")]);
    let options = options("127.0.0.1").env("PARTBOOK_TOKENS_FILE", tokens.path().to_str().expect("a path"));
    let server = options.start(Backend::Sqlite).await;
    let request = list(&server).header(HEADER, "ada").header("X-Request-ID", "both");
    request.header("Authorization", &format!("Bearer {}", secret("ci"))).send().await.expect(200);
    assert_eq!(server.lines_of("both").await[0]["span"]["principal"], "token:ci");
    let request = list(&server).header(HEADER, "ada");
    request.header("Authorization", &format!("Bearer {}", secret("unknown"))).send().await.problem(401);
}

#[tokio::test]
async fn a_header_that_nobody_may_write_is_refused() {
    let call = partbook(&["serve"]).env("PARTBOOK_USER_HEADER", HEADER).env("DATABASE_URL", "sqlite://:memory:");
    let finished = call.run().await;
    assert_eq!(finished.status.code(), Some(2), "{finished:?}");
    assert!(finished.stderr.starts_with("partbook: PARTBOOK_USER_HEADER: no proxy is trusted"), "{finished:?}");
}
