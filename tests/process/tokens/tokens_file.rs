//! A file of tokens that changes while the service runs.

use std::time::{Duration, Instant};

use super::{get, guarded};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Server, Tokens};

/// How long a change may take to count, on a machine that is busy with other tests.
const CHANGE_TIMEOUT: Duration = Duration::from_mins(1);

/// Asks until the answer has this status.
async fn until(server: &Server, name: &str, status: u16) {
    let begin = Instant::now();
    while get(server, name, CPU.path).await.status != status {
        assert!(begin.elapsed() < CHANGE_TIMEOUT, "the answer to {name} does not become {status}");
    }
}

#[tokio::test]
async fn a_token_is_accepted_as_long_as_it_is_in_the_file() {
    let tokens = Tokens::of(&[("one", "scope=read"), ("two", "scope=read")]);
    let server = guarded(&tokens).start(Backend::Sqlite).await;
    get(&server, "one", CPU.path).await.expect(200);
    get(&server, "three", CPU.path).await.problem(401);
    tokens.write(&[("two", "scope=read"), ("three", "scope=read")]);
    until(&server, "one", 401).await;
    get(&server, "two", CPU.path).await.expect(200);
    get(&server, "three", CPU.path).await.expect(200);
    // What a token allows changes with its line.
    tokens.write(&[("three", "scope=metrics")]);
    until(&server, "three", 403).await;
    server.logged("tokens read again").await;
}

#[tokio::test]
async fn a_line_that_is_wrong_ends_no_other_token() {
    let tokens = Tokens::of(&[("one", "scope=read"), ("two", "scope=read")]);
    let server = guarded(&tokens).start(Backend::Sqlite).await;
    tokens.write(&[("one", "scope=nonsense"), ("two", "scope=read")]);
    until(&server, "one", 401).await;
    get(&server, "two", CPU.path).await.expect(200);
    server.logged("a line of the tokens file is passed over").await;
}

#[tokio::test]
async fn without_the_file_nobody_is_taken_for_somebody_else() {
    let tokens = Tokens::of(&[("one", "scope=read")]);
    let server = guarded(&tokens).start(Backend::Sqlite).await;
    std::fs::remove_file(tokens.path()).expect("a file");
    until(&server, "one", 503).await;
    let answer = get(&server, "one", CPU.path).await;
    let problem = answer.problem(503);
    assert!(answer.header("retry-after").is_some());
    assert!(!problem.detail.contains(tokens.path().to_str().expect("a path")), "{}", problem.detail);
    server.get(CPU.path).await.problem(401);
    server.logged("tokens cannot be verified").await;
    tokens.write(&[("one", "scope=read")]);
    until(&server, "one", 200).await;
}
