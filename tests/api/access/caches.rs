//! What caches are told of answers that depend on who asks.

use super::{get, guarded, with_token};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Anonymous, Answer, Backend, Method, backends};

fn varies(answer: &Answer) -> bool {
    answer.header("vary").is_some_and(|vary| vary.split(", ").any(|word| word == "authorization"))
}

backends!(an_answer_for_one_is_not_kept_for_others: Sqlite);
async fn an_answer_for_one_is_not_kept_for_others(backend: Backend) {
    let shared = Some("no-cache, no-transform");
    let own = Some("private, no-cache, no-transform");
    let closed = guarded(backend, Anonymous::None).await;
    let row = with_token(&closed, "writer", Method::POST, CPU.path).json(&(CPU.minimal)(1)).send().await.expect(201);
    assert_eq!((row.header("cache-control"), varies(&row)), (own, true));
    let (at, tag) = (CPU.at(&row.json()["id"]), row.header("etag").expect("a tag").to_owned());
    for path in [CPU.path, at.as_str(), "/openapi.json"] {
        let answer = get(&closed, "reader", path).await.expect(200);
        assert_eq!((answer.header("cache-control"), varies(&answer)), (own, true), "{path}");
    }
    // A tag is no way to learn whether a row is still so.
    let known = |request: partbook_test_support::Request| request.header("If-None-Match", &tag).send();
    let answer = known(with_token(&closed, "reader", Method::GET, &at)).await.expect(304);
    assert_eq!((answer.header("cache-control"), varies(&answer)), (own, true));
    let answer = known(closed.request(Method::GET, &at)).await;
    answer.problem(401);
    assert!(varies(&answer) && answer.header("etag").is_none());
    let answer = known(with_token(&closed, "scraper", Method::GET, &at)).await;
    answer.problem(403);
    assert!(varies(&answer) && answer.header("etag").is_none());

    // What everybody is shown depends on nobody.
    let open = guarded(backend, Anonymous::Read).await;
    let answer = open.get(CPU.path).await.expect(200);
    assert_eq!((answer.header("cache-control"), varies(&answer)), (shared, false));
    let answer = get(&open, "reader", CPU.path).await.expect(200);
    assert_eq!((answer.header("cache-control"), varies(&answer)), (own, false));
    assert!(varies(&get(&open, "expired", CPU.path).await));
}
