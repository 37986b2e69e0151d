//! What all answers say to caches, proxies and browsers (contract section 8).

use serde_json::json;

use partbook_test_support::contract::{CPU, GPU, entities};
use partbook_test_support::{Answer, Method, Service, backends};

const FRONTEND: &str = "http://localhost:3000";

/// Asks as a browser's page does that takes gzip.
async fn ask(service: &Service, method: Method, path: &str) -> Answer {
    service.request(method, path).header("Origin", FRONTEND).header("Accept-Encoding", "gzip").send().await
}

backends!(caches_ask_before_they_use_what_changes: Sqlite);
async fn caches_ask_before_they_use_what_changes(service: Service) {
    let mut paths: Vec<(String, u16)> = [
        ("/health", 200),
        ("/metrics", 200),
        ("/v1/fields-data/entities", 200),
        ("/v1/fields-data/cpu/schema", 200),
        ("/v1/fields-data/cpu/records", 200),
        ("/v1/catalog/cpus/4711", 404),
        ("/v1/catalog/cpus/x", 422),
        ("/v1/warp", 404),
    ]
    .map(|(path, status)| (path.to_owned(), status))
    .into();
    for entity in entities() {
        let row = service.create(entity, 1).await;
        paths.extend([(entity.path.to_owned(), 200), (entity.at(&row["id"]), 200)]);
    }
    for (path, status) in paths {
        for method in [Method::GET, Method::HEAD] {
            let answer = ask(&service, method, &path).await.expect(status);
            assert_eq!(answer.header("cache-control"), Some("no-cache, no-transform"), "{path}");
        }
    }
    // Changes have tags as well, which a proxy that compresses would change.
    let path = GPU.at(&service.create(&GPU, 2).await["id"]);
    let stale = service.request(Method::PATCH, &path).header("If-Match", "\"0\"").json(&json!({"gpu_mark": 8}));
    for answer in [
        service.post(GPU.path, &json!({})).await.expect(422),
        service.patch(&path, &json!({"gpu_mark": 7})).await.expect(200),
        stale.send().await.expect(412),
        service.delete(&path).await.expect(204),
    ] {
        assert_eq!(answer.header("cache-control"), Some("no-cache, no-transform"), "{}", answer.status);
    }
}

backends!(every_answer_has_one_line_of_vary_and_no_type_to_guess: Sqlite);
async fn every_answer_has_one_line_of_vary_and_no_type_to_guess(service: Service) {
    let row = service.create(&CPU, 1).await;
    let path = CPU.at(&row["id"]);
    for (method, path) in [
        (Method::GET, CPU.path),
        (Method::GET, &path),
        (Method::HEAD, &path),
        (Method::GET, "/warp"),
        (Method::GET, "/docs"),
        (Method::GET, "/livez"),
        (Method::POST, CPU.path),
        (Method::PUT, "/health"),
        (Method::DELETE, &path),
    ] {
        let answer = ask(&service, method.clone(), path).await;
        let vary = answer.header("vary").unwrap_or_default();
        assert!(vary.contains("origin"), "{method} {path}: {vary}");
        let is_coded = answer.header("content-encoding").is_some();
        assert!(!is_coded || vary.contains("accept-encoding"), "{method} {path}: {vary}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{method} {path}");
    }
}

backends!(no_content_has_neither_coding_nor_length: Sqlite);
async fn no_content_has_neither_coding_nor_length(service: Service) {
    for entity in entities() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        let tag = service.get(&path).await.header("etag").expect("a tag").to_owned();
        for method in [Method::GET, Method::HEAD] {
            let request = service.request(method, &path).header("Accept-Encoding", "gzip");
            let answer = request.header("If-None-Match", &tag).send().await.expect(304);
            for name in ["content-encoding", "content-length", "content-type"] {
                assert_eq!(answer.header(name), None, "{name} of a 304");
            }
            assert_eq!(answer.header("etag"), Some(&*tag));
            assert!(answer.header("vary").is_some_and(|vary| vary.contains("accept-encoding")));
        }
        let answer = ask(&service, Method::DELETE, &path).await.expect(204);
        for name in ["content-encoding", "content-length", "content-type"] {
            assert_eq!(answer.header(name), None, "{name} of a 204");
        }
    }
}

backends!(problems_are_compressed_as_rows_are: Sqlite);
async fn problems_are_compressed_as_rows_are(service: Service) {
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    let stale = service.request(Method::PATCH, &path).header("Accept-Encoding", "gzip").header("If-Match", "\"0\"");
    let stale = stale.json(&json!({"cores": 2})).send().await.expect(412);
    assert_eq!(stale.header("content-encoding"), Some("gzip"));
    assert_eq!(stale.header("etag"), service.get(&path).await.header("etag"));
    for (method, path, status) in [
        (Method::GET, "/v1/catalog/cpus/4711", 404),
        (Method::GET, "/warp", 404),
        (Method::PUT, "/health", 405),
        (Method::GET, "/v1/catalog/cpus?warp=9", 422),
    ] {
        let answer = ask(&service, method, path).await.expect(status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.header("content-encoding"), Some("gzip"), "{path}");
        assert_eq!(answer.header("content-length"), None, "{path}");
    }
}

backends!(a_bare_options_request_names_the_methods: Sqlite);
async fn a_bare_options_request_names_the_methods(service: Service) {
    for (path, method) in [("/", "GET"), (CPU.path, "POST"), ("/v1/catalog/cpus/1", "PATCH"), ("/health", "GET")] {
        let answer = service.request(Method::OPTIONS, path).send().await.expect(204);
        assert!(answer.header("allow").is_some_and(|allow| allow.contains(method)), "{path}: {:?}", answer.headers);
        assert!(answer.body.is_empty());
    }
}

backends!(an_answer_does_not_grow_with_what_was_asked: Sqlite);
async fn an_answer_does_not_grow_with_what_was_asked(service: Service) {
    let digits = "9".repeat(60_000);
    for path in [
        format!("{}/{digits}", CPU.path),
        format!("/{digits}"),
        format!("/v1/fields-data/{digits}/records"),
        format!("/v1/fields-data/cpu/records/{digits}"),
    ] {
        let answer = service.get(&path).await;
        assert!((404..=405).contains(&answer.status), "{}", answer.status);
        assert!(answer.body.len() < 2_000, "{}", answer.body.len());
        let problem = answer.problem(answer.status);
        let instance = problem.json["instance"].as_str().unwrap_or_default();
        assert_eq!(instance.trim_end_matches("..."), &path[..297]);
    }
    let kind = format!("text/{}", "x".repeat(5_000));
    let answer = service.request(Method::POST, CPU.path).header("Content-Type", &kind).body("{}").send().await;
    assert!(answer.problem(415).detail.len() < 500);
}
