//! Tokens that are accepted from some networks.

use super::{get, guarded, with_token};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Method, Tokens};

#[tokio::test]
async fn a_token_is_accepted_from_its_networks_alone() {
    let tokens = Tokens::of(&[
        ("near", "scope=read from=127.0.0.0/8"),
        ("far", "scope=read from=192.0.2.0/24,2001:db8::/32"),
        ("anywhere", "scope=read"),
    ]);
    let server = guarded(&tokens).start(Backend::Sqlite).await;
    get(&server, "near", CPU.path).await.expect(200);
    get(&server, "anywhere", CPU.path).await.expect(200);
    let answer = get(&server, "far", CPU.path).await;
    assert_eq!(answer.problem(401).detail, "The token is not accepted from this address");
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    // Nobody is believed who is not trusted.
    let forwarded = |name| with_token(&server, name, Method::GET, CPU.path).header("X-Forwarded-For", "192.0.2.7");
    forwarded("far").send().await.problem(401);
    forwarded("near").send().await.expect(200);

    let server = guarded(&tokens).env("PARTBOOK_TRUSTED_PROXIES", "127.0.0.1").start(Backend::Sqlite).await;
    let forwarded = |name| with_token(&server, name, Method::GET, CPU.path).header("X-Forwarded-For", "192.0.2.7");
    forwarded("far").send().await.expect(200);
    forwarded("near").send().await.problem(401);
}
