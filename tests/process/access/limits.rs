//! How often a client may ask. The rates are so low that nothing comes back while a test runs.

use partbook_test_support::contract::CPU;
use partbook_test_support::{Answer, Backend, Method, Request, Server, Tokens, secret};

const READS: &str = "PARTBOOK_RATE_LIMIT";
const WRITES: &str = "PARTBOOK_WRITE_RATE_LIMIT";

fn list(server: &Server) -> Request {
    server.request(Method::GET, CPU.path)
}

/// Demands that this is refused, by a limit of this name, and told when to come back.
#[track_caller]
fn refused(answer: &Answer, name: &str) {
    let problem = answer.problem(429);
    let seconds: u64 = answer.header("Retry-After").and_then(|text| text.parse().ok()).expect("whole seconds");
    assert!((1..=1000).contains(&seconds), "{seconds}");
    assert_eq!(problem.detail, format!("There were too many {name} from this address; try again in {seconds} seconds"));
    let left = answer.header("RateLimit").unwrap_or_default();
    assert!(left.starts_with(&format!("\"{name}\";r=0;t=")), "{left}");
}

#[tokio::test]
async fn who_asks_too_often_is_refused_and_told_when_to_come_back() {
    let server = Server::options().env(READS, "0.001:3").start(Backend::Sqlite).await;
    for left in ["2", "1", "0"] {
        let answer = server.get(CPU.path).await.expect(200);
        assert_eq!(answer.header("RateLimit-Policy"), Some("\"requests\";q=3;w=3000"));
        let said = answer.header("RateLimit").unwrap_or_default();
        assert!(said.starts_with(&format!("\"requests\";r={left};t=")), "{said}");
    }
    refused(&list(&server).header("Origin", "http://localhost:3000").send().await, "requests");
    refused(&server.get("/v1/nothing").await, "requests");
    assert!(server.request(Method::HEAD, CPU.path).send().await.expect(429).body.is_empty());
    for path in ["/livez", "/readyz", "/health"] {
        let answer = server.get(path).await.expect(200);
        assert_eq!(answer.header("RateLimit"), None, "{path}");
    }
    server.create(&CPU, 1).await;
}

#[tokio::test]
async fn a_browser_may_read_how_many_are_left() {
    let server = Server::options().env(READS, "0.001:1").start(Backend::Sqlite).await;
    for status in [200, 429] {
        let answer = list(&server).header("Origin", "http://localhost:3000").send().await.expect(status);
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("http://localhost:3000"));
        let exposed = answer.header("Access-Control-Expose-Headers").unwrap_or_default();
        for name in ["ratelimit", "ratelimit-policy", "retry-after"] {
            assert!(exposed.split(',').any(|given| given == name), "{name}: {exposed}");
        }
    }
}

#[tokio::test]
async fn changes_have_a_limit_of_their_own() {
    let server = Server::options().env(WRITES, "0.001:1").start(Backend::Sqlite).await;
    let row = server.create(&CPU, 1).await;
    refused(&server.post(CPU.path, &(CPU.minimal)(2)).await, "writes");
    refused(&server.delete(&CPU.at(&row["id"])).await, "writes");
    refused(&server.delete(CPU.path).await, "writes");
    assert_eq!(server.rows("select id from cpu").await, [[Some(row["id"].to_string())]], "nothing was done");
    assert_eq!(server.get(CPU.path).await.expect(200).header("RateLimit"), None, "reads have none");
}

#[tokio::test]
async fn each_client_has_its_own() {
    let options = Server::options().env(READS, "0.001:1").env("PARTBOOK_TRUSTED_PROXIES", "127.0.0.1");
    let server = options.start(Backend::Sqlite).await;
    let ask = async |client: &str| list(&server).header("X-Forwarded-For", client).send().await;
    for (client, status) in [
        ("192.0.2.1", 200),
        ("192.0.2.1", 429),
        ("192.0.2.2", 200),
        ("2001:db8::1", 200),
        ("2001:db8::2", 429),
        ("2001:db8:0:1::1", 200),
    ] {
        ask(client).await.expect(status);
    }
    server.get(CPU.path).await.expect(200);
}

#[tokio::test]
async fn a_proxy_that_is_taken_for_a_client_is_told_to_the_operator() {
    let server = Server::options().env(READS, "0.001:1").start(Backend::Sqlite).await;
    for status in [200, 429, 429] {
        list(&server).header("X-Forwarded-For", "192.0.2.1").send().await.expect(status);
    }
    let told = "rate limit reached by what may be a proxy; PARTBOOK_TRUSTED_PROXIES does not name it";
    server.logged(told).await;
    assert_eq!(server.log().matches(told).count(), 1, "once");
}

#[tokio::test]
async fn a_network_has_limits_and_this_machine_has_none() {
    let everywhere = || Server::options().env("PARTBOOK_LISTEN", "0.0.0.0:0").env("PARTBOOK_ANONYMOUS", "write");
    for (options, reads, writes) in [
        (Server::options(), None, None),
        (everywhere(), Some("\"requests\";q=2000;w=10"), Some("\"writes\";q=500;w=10")),
        (everywhere().env(READS, "off"), None, Some("\"writes\";q=500;w=10")),
        (everywhere().env(READS, "off").env(WRITES, "off"), None, None),
    ] {
        let server = options.start(Backend::Sqlite).await;
        assert_eq!(server.get(CPU.path).await.expect(200).header("RateLimit-Policy"), reads);
        let answer = server.post(CPU.path, &(CPU.minimal)(1)).await.expect(201);
        assert_eq!(answer.header("RateLimit-Policy"), writes);
    }
}

#[tokio::test]
async fn the_listener_for_operators_has_none() {
    let server = Server::options().env(READS, "0.001:1").env("PARTBOOK_ADMIN_LISTEN", "127.0.0.1:0");
    let server = server.start(Backend::Sqlite).await;
    for _ in 0..3 {
        server.admin().get("/metrics").await.expect(200);
    }
}

/// A service that knows the tokens `one` and `other`, and believes the proxy on this machine. The file has to last as long.
async fn with_tokens(rate: &str) -> (Server, Tokens) {
    let tokens = Tokens::of(&[("one", "scope=read"), ("other", "scope=read")]);
    let options = Server::options().env(READS, rate).env("PARTBOOK_TRUSTED_PROXIES", "127.0.0.1");
    let options = options.env("PARTBOOK_TOKENS_FILE", tokens.path().to_str().expect("a path"));
    (options.start(Backend::Sqlite).await, tokens)
}

async fn shows(server: &Server, client: &str, token: &str) -> Answer {
    let request = list(server).header("X-Forwarded-For", client);
    request.header("Authorization", &format!("Bearer {}", secret(token))).send().await
}

#[tokio::test]
async fn each_token_has_its_own() {
    let (server, _tokens) = with_tokens("0.001:1").await;
    shows(&server, "192.0.2.1", "one").await.expect(200);
    let problem = shows(&server, "192.0.2.2", "one").await.problem(429);
    assert!(problem.detail.starts_with("There were too many requests by one; try again in "), "{}", problem.detail);
    shows(&server, "192.0.2.1", "other").await.expect(200);
    list(&server).header("X-Forwarded-For", "192.0.2.1").send().await.expect(200);
    list(&server).header("X-Forwarded-For", "192.0.2.1").send().await.expect(429);
}

#[tokio::test]
async fn credentials_that_fail_have_a_lower_one() {
    let (server, _tokens) = with_tokens("0.001:40").await;
    for status in [401, 401, 429, 429] {
        shows(&server, "192.0.2.1", "unknown").await.problem(status);
    }
    let answer = shows(&server, "192.0.2.1", "unknown").await;
    let told = "Too many credentials from this address were not accepted; try again in ";
    assert!(answer.problem(429).detail.starts_with(told));
    assert!(answer.header("Retry-After").is_some_and(|text| text.parse().is_ok_and(|seconds: u64| seconds > 1000)));
    shows(&server, "192.0.2.2", "unknown").await.problem(401);
    // Whoever else asks from there.
    shows(&server, "192.0.2.1", "one").await.expect(200);
    list(&server).header("X-Forwarded-For", "192.0.2.1").send().await.expect(200);
}
