//! Which content types a body may have (contract sections 2 and 6).

use serde_json::json;

use partbook_test_support::contract::{CPU, catalog};
use partbook_test_support::{Method, Service, backends};

backends!(json_by_any_spelling_is_read: Sqlite);
async fn json_by_any_spelling_is_read(service: Service) {
    for content_type in
        ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"]
    {
        for entity in catalog() {
            let body = (entity.minimal)(1).to_string();
            let send = |method, path: &str| {
                service.request(method, path).header("content-type", content_type).body(body.clone()).send()
            };
            let row = send(Method::POST, entity.path).await.expect(201).json();
            let path = entity.at(&row["id"]);
            send(Method::PUT, &path).await.expect(200);
            send(Method::PATCH, &path).await.expect(200);
            service.delete(&path).await.expect(204);
        }
    }
}

backends!(a_patch_may_be_a_merge_patch_by_name: Sqlite);
async fn a_patch_may_be_a_merge_patch_by_name(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.created(entity.path, &(entity.full)(1)).await["id"]);
        let field = entity.note();
        for (n, content_type) in
            ["application/merge-patch+json", "application/merge-patch+json; charset=utf-8"].into_iter().enumerate()
        {
            let text = format!("changed {n}");
            let change = json!({field: text}).to_string();
            let request = service.request(Method::PATCH, &path).header("content-type", content_type).body(change);
            assert_eq!(request.send().await.expect(200).json()[field], text);
        }
    }
}

backends!(a_body_that_is_no_json_is_refused: Sqlite);
async fn a_body_that_is_no_json_is_refused(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/xml",
            "text/html; charset=utf-8",
            "application/octet-stream",
            "application/jsonp",
            "nonsense",
        ] {
            for (method, target) in [(Method::POST, entity.path), (Method::PUT, &path), (Method::PATCH, &path)] {
                let body = (entity.minimal)(2).to_string();
                let request = service.request(method, target).header("content-type", content_type).body(body);
                request.send().await.problem(415);
            }
        }
    }
}

backends!(a_json_patch_is_not_taken_for_a_merge_patch: Sqlite);
async fn a_json_patch_is_not_taken_for_a_merge_patch(service: Service) {
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    let change = r#"[{"op": "replace", "path": "/notes", "value": "x"}]"#;
    let request = service.request(Method::PATCH, &path).header("content-type", "application/json-patch+json");
    request.body(change).send().await.problem(415);
}

// A page of any origin may send such a body without asking first.
backends!(a_body_without_a_type_is_refused: Sqlite);
async fn a_body_without_a_type_is_refused(service: Service) {
    for entity in catalog() {
        let row = service.create(entity, 1).await;
        let path = entity.at(&row["id"]);
        let body = (entity.full)(2).to_string();
        for (method, target) in [(Method::POST, entity.path), (Method::PUT, &path), (Method::PATCH, &path)] {
            let problem = service.request(method.clone(), target).body(body.clone()).send().await.problem(415);
            assert!(problem.detail.contains("application/json"), "what to send instead: {}", problem.detail);
            service.request(method.clone(), target).send().await.problem(415);
            service.request(method, target).header("content-type", "").body(body.clone()).send().await.problem(415);
        }
        assert_eq!(service.get(entity.path).await.expect(200).array(), [row], "nothing was done");
    }
}
