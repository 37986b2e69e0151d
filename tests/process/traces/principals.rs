//! The span of a request names whom it comes from, and no span has credentials.

use super::collector::{Collector, Transport};
use super::{Caller, all_of, traced};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Method, Tokens, secret};

#[tokio::test]
async fn a_span_names_whom_the_request_comes_from() {
    let tokens = Tokens::of(&[("ci", "scope=read")]);
    let collector = Collector::start().await;
    let options = traced(&collector, Transport::Http).env("PARTBOOK_ANONYMOUS", "read");
    let service =
        options.env("PARTBOOK_TOKENS_FILE", tokens.path().to_str().expect("a path")).start(Backend::Sqlite).await;
    let (named, refused, nobody) = (Caller::number(1), Caller::number(2), Caller::number(3));
    let with_token =
        |method| service.request(method, CPU.path).header("Authorization", &format!("Bearer {}", secret("ci")));
    named.send(with_token(Method::GET)).await.expect(200);
    refused.send(with_token(Method::POST)).await.expect(403);
    nobody.get(&service, CPU.path).await.expect(200);
    let spans = all_of(service, &collector).await;
    for caller in [&named, &refused] {
        assert_eq!(caller.trace(&spans).server.attribute("enduser.id"), "token:ci");
    }
    assert_eq!(nobody.trace(&spans).server.attribute("enduser.id"), &serde_json::Value::Null);
    assert!(!format!("{spans:?}").contains(&secret("ci")[4..20]), "{spans:#?}");
}
