//! What is written of callers: their names, and never their credentials.

use serde_json::{Value, json};

use super::{get, guarded, with_token};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Method, Tokens, backends, secret};

backends!(a_line_names_whom_the_request_comes_from: Sqlite);
async fn a_line_names_whom_the_request_comes_from(backend: Backend) {
    let tokens = Tokens::of(&[("ci.deploy", "scope=write"), ("reader", "scope=read")]);
    let server = guarded(&tokens).start(backend).await;
    for (token, path, status) in
        [("ci.deploy", "/v1/catalog/cpus", 200), ("reader", "/metrics", 403), ("reader", "/v1/catalog/cpus/x", 422)]
    {
        let answer = get(&server, token, path).await.expect(status);
        let id = answer.header("x-request-id").expect("an id").to_owned();
        let lines = server.lines_of(&id).await;
        let is_named = |line: &Value| line["span"]["principal"] == format!("token:{token}");
        assert!(lines.iter().all(is_named), "{lines:?}");
    }
    let answer = server.get("/v1/catalog/cpus").await;
    answer.problem(401);
    let id = answer.header("x-request-id").expect("an id").to_owned();
    let lines = server.lines_of(&id).await;
    assert!(lines.iter().all(|line| line["span"].get("principal").is_none()), "{lines:?}");
}

backends!(no_credential_is_written_anywhere: Sqlite);
async fn no_credential_is_written_anywhere(backend: Backend) {
    let tokens = Tokens::of(&[("writer", "scope=write"), ("expired", "scope=admin expires=2020-01-01T00:00:00Z")]);
    let server = guarded(&tokens).env("PARTBOOK_LOG_LEVEL", "trace").start(backend).await;
    let mut answers = Vec::new();
    let mistyped = format!("{}x", &secret("writer")[..52]);
    for name in ["writer", "expired", "unknown"] {
        answers.push(get(&server, name, "/v1/catalog/cpus/x").await);
        answers.push(with_token(&server, name, Method::POST, CPU.path).json(&json!({})).send().await);
        answers.push(get(&server, name, "/metrics").await);
    }
    for authorization in [format!("Bearer {mistyped}"), format!("Bearer {0} {0}", secret("writer"))] {
        answers.push(server.request(Method::GET, CPU.path).header("Authorization", &authorization).send().await);
    }
    for answer in &answers {
        assert!(!answer.text().contains("pbk_") || answer.text().contains("Bearer pbk_..."), "{}", answer.text());
        assert!(!format!("{:?}", answer.headers).contains(&secret("writer")[4..]), "{:?}", answer.headers);
    }
    let last = answers.last().and_then(|answer| answer.header("x-request-id")).expect("an id");
    server.lines_of(last).await;
    let log = server.log();
    for name in ["writer", "expired", "unknown"] {
        let secret = secret(name);
        let written = log.lines().find(|line| line.contains(&secret[4..20]));
        assert_eq!(written, None, "the token of {name}");
    }
    assert!(!log.contains(&mistyped[4..20]), "what is nearly a token");
}
