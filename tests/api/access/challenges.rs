//! What callers are told who may not do a thing, and in which order.

use serde_json::json;

use super::{get, guarded, with_token};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Anonymous, Backend, Method, Service, backends, secret};

/// The challenge of an answer.
async fn challenge(service: &Service, authorization: &[&str], method: Method, path: &str, status: u16) -> String {
    let request = authorization
        .iter()
        .fold(service.request(method, path), |request, value| request.header("Authorization", value));
    let answer = request.send().await;
    answer.problem(status);
    answer.header("www-authenticate").expect("a challenge").to_owned()
}

backends!(a_challenge_says_what_is_missing: Sqlite);
async fn a_challenge_says_what_is_missing(backend: Backend) {
    let service = guarded(backend, Anonymous::None).await;
    let bearer = |name: &str| format!("Bearer {}", secret(name));
    let tokens = ["reader", "narrowed", "expired", "unknown"].map(bearer);
    let [reader, narrowed, expired, unknown] = tokens.each_ref().map(String::as_str);
    let cut = &reader[..reader.len() - 1];
    for (authorization, method, status, expected) in [
        (vec![], Method::GET, 401, "Bearer realm=\"partbook\", scope=\"read\""),
        (vec![], Method::POST, 401, "Bearer realm=\"partbook\", scope=\"write\""),
        // The password that a proxy asked for, and the sign-in of a platform.
        (vec!["Basic dXNlcjpwYXNz"], Method::GET, 401, "Bearer realm=\"partbook\", scope=\"read\""),
        (vec!["Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"], Method::GET, 401, "scope=\"read\""),
        (vec![expired], Method::GET, 401, "error=\"invalid_token\", error_description=\"The token has expired\""),
        (
            vec![unknown],
            Method::GET,
            401,
            "error=\"invalid_token\", error_description=\"The token is not known, or was",
        ),
        (vec![cut], Method::GET, 401, "error=\"invalid_token\", error_description=\"The token is mistyped"),
        (vec!["Bearer"], Method::GET, 401, "scope=\"read\""),
        (vec![reader, reader], Method::GET, 400, "error=\"invalid_request\""),
        (vec!["Basic dXNlcjpwYXNz", reader], Method::GET, 400, "error=\"invalid_request\""),
        (vec![reader], Method::POST, 403, "error=\"insufficient_scope\", scope=\"write\""),
        (vec![narrowed], Method::GET, 403, "error=\"insufficient_scope\", scope=\"read\""),
    ] {
        let found = challenge(&service, &authorization, method.clone(), CPU.path, status).await;
        assert!(found.starts_with("Bearer realm=\"partbook\", ") && found.contains(expected), "{method}: {found}");
        assert_eq!(found.contains("error"), expected.contains("error"), "{found}");
    }
}

backends!(a_refusal_says_what_would_do: Sqlite);
async fn a_refusal_says_what_would_do(backend: Backend) {
    let service = guarded(backend, Anonymous::Read).await;
    let detail =
        async |token, method, status| with_token(&service, token, method, CPU.path).send().await.problem(status).detail;
    assert_eq!(detail("reader", Method::POST, 403).await, "This needs the scope write; reader has read");
    assert_eq!(
        detail("narrowed", Method::POST, 403).await,
        "narrowed is narrowed to gpu, listing, and this is about cpu"
    );
    let problem = service.post(CPU.path, &json!({})).await.problem(401);
    assert_eq!(problem.detail, "This needs a token with the scope write: send it as `Authorization: Bearer pbk_...`");
    // What anybody may do, anybody with a token may do as well.
    get(&service, "narrowed", CPU.path).await.expect(200);
    get(&service, "scraper", CPU.path).await.expect(200);
    get(&service, "expired", CPU.path).await.problem(401);
}

backends!(who_may_not_is_told_nothing_else: Sqlite);
async fn who_may_not_is_told_nothing_else(backend: Backend) {
    let service = guarded(backend, Anonymous::None).await;
    // Neither what is wrong with the body, nor with the query, nor that there is no such row, path or method.
    for (method, path, body) in [
        (Method::POST, CPU.path, Some("{")),
        (Method::PATCH, "/v1/catalog/cpus/abc", Some("not JSON")),
        (Method::GET, "/v1/catalog/cpus?warp=9", None),
        (Method::GET, "/v1/catalog/cpus/4711", None),
        (Method::HEAD, "/v1/catalog/cpus/4711", None),
        (Method::PUT, CPU.path, None),
        (Method::OPTIONS, CPU.path, None),
        (Method::GET, "/v1/fields-data/warp/schema", None),
        (Method::GET, "/warp", None),
        (Method::GET, "/", None),
        (Method::GET, "/docs", None),
        (Method::GET, "/docs/index.css", None),
        (Method::GET, "/v1/catalog/cpus/", None),
        (Method::GET, "//v1/catalog/cpus", None),
    ] {
        let request = service.request(method.clone(), path);
        let answer = if let Some(body) = body { request.body(body) } else { request }.send().await;
        assert_eq!(answer.status, 401, "{method} {path}");
        assert!(answer.header("allow").is_none(), "{method} {path}");
    }
    for (method, path, status) in [
        (Method::PUT, CPU.path, 405),
        (Method::GET, "/warp", 404),
        (Method::GET, "/docs", 200),
        (Method::OPTIONS, CPU.path, 204),
        (Method::GET, "/v1/fields-data/warp/schema", 404),
        (Method::GET, "/v1/catalog/cpus/4711", 404),
        (Method::HEAD, "/v1/catalog/cpus", 200),
        (Method::POST, CPU.path, 403),
    ] {
        let answer = with_token(&service, "reader", method.clone(), path).send().await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
    with_token(&service, "writer", Method::POST, CPU.path).body_text("{").send().await.problem(400);
}

backends!(health_is_for_everybody_and_its_details_are_not);
async fn health_is_for_everybody_and_its_details_are_not(backend: Backend) {
    let service = guarded(backend, Anonymous::None).await;
    assert_eq!(service.get("/health").await.expect(200).json(), json!({ "status": "ok" }));
    assert_eq!(get(&service, "scraper", "/health").await.expect(200).json(), json!({ "status": "ok" }));
    // Health checks are not failed by what they send.
    assert_eq!(get(&service, "expired", "/health").await.expect(200).json(), json!({ "status": "ok" }));
    assert_eq!(get(&service, "reader", "/health").await.expect(200).json()["database"], "ok");
    for path in ["/livez", "/readyz"] {
        service.get(path).await.expect(200);
    }
    // Some load balancers check so.
    service.request(Method::OPTIONS, "/").send().await.expect(204);
    let open = guarded(backend, Anonymous::Read).await;
    assert_eq!(open.get("/health").await.expect(200).json()["database"], "ok");
}

backends!(a_preflight_needs_no_credentials: Sqlite);
async fn a_preflight_needs_no_credentials(backend: Backend) {
    let service = guarded(backend, Anonymous::None).await;
    let origin = "http://localhost:3000";
    let preflight = service.request(Method::OPTIONS, CPU.path).header("Origin", origin);
    let answer = preflight.header("Access-Control-Request-Method", "POST").send().await.expect(200);
    assert!(answer.header("access-control-allow-headers").expect("headers").contains("authorization"));
    // A page is told what it lacks.
    let refused = service.request(Method::GET, CPU.path).header("Origin", origin).send().await;
    refused.problem(401);
    assert_eq!(refused.header("access-control-allow-origin"), Some(origin));
    assert!(refused.header("access-control-expose-headers").expect("headers").contains("www-authenticate"));
}

backends!(the_served_document_says_where_credentials_are_needed: Sqlite);
async fn the_served_document_says_where_credentials_are_needed(backend: Backend) {
    for (anonymous, reads, writes) in [
        (Anonymous::None, json!([{ "token": ["read"] }]), json!([{ "token": ["write"] }])),
        (Anonymous::Read, json!([{}, { "token": ["read"] }]), json!([{ "token": ["write"] }])),
        (Anonymous::Write, json!([{}, { "token": ["read"] }]), json!([{}, { "token": ["write"] }])),
    ] {
        let service = guarded(backend, anonymous).await;
        let document = get(&service, "reader", "/openapi.json").await.expect(200).json();
        let item = &document["paths"][CPU.path];
        assert_eq!((&item["get"]["security"], &item["post"]["security"]), (&reads, &writes), "{anonymous:?}");
    }
}
