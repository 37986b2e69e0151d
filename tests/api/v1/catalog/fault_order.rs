//! Of several faults of one request, which is reported (contract section 2): 405, 413, 415, 400, 422 of id or
//! query, 404, 422 of the body. Where 428 and 412 stand among them is in [`crate::v1::conditions`].

use serde_json::json;

use partbook_test_support::contract::{Entity, catalog};
use partbook_test_support::{Answer, Method, Service, backends};

const JSON: &str = "application/json";
const MALFORMED: &str = "{\"name\": }";
const INVALID: &str = "{\"name\": 5, \"label\": 5}";

async fn send(service: &Service, method: Method, path: &str, content_type: &str, body: &str) -> Answer {
    service.request(method, path).header("content-type", content_type).body(body).send().await
}

/// Larger than the body limit, and no JSON either.
fn large() -> String {
    "x".repeat((1 << 20) + 1)
}

/// `/{id}` with an id that no row has, and with one that cannot be.
fn absent_and_impossible(entity: &Entity) -> [String; 2] {
    [format!("{}/999999", entity.path), format!("{}/abc", entity.path)]
}

backends!(a_wrong_method_comes_first);
async fn a_wrong_method_comes_first(service: Service) {
    for entity in catalog() {
        let [absent, impossible] = absent_and_impossible(entity);
        for path in [entity.path.to_owned(), format!("{absent}/listings"), format!("{impossible}/listings")] {
            for method in [Method::PUT, Method::PATCH, Method::DELETE] {
                let problem = send(&service, method, &path, "text/plain", &large()).await.problem(405);
                assert!(problem.faults.is_empty());
            }
        }
        for path in [absent, impossible] {
            send(&service, Method::POST, &path, "text/plain", &large()).await.problem(405);
        }
    }
}

backends!(the_size_comes_before_the_content_type);
async fn the_size_comes_before_the_content_type(service: Service) {
    for entity in catalog() {
        send(&service, Method::POST, entity.path, "text/plain", &large()).await.problem(413);
        for path in absent_and_impossible(entity) {
            send(&service, Method::PUT, &path, "text/plain", &large()).await.problem(413);
            send(&service, Method::PATCH, &path, "text/plain", &large()).await.problem(413);
        }
    }
}

backends!(the_content_type_comes_before_the_syntax);
async fn the_content_type_comes_before_the_syntax(service: Service) {
    for entity in catalog() {
        send(&service, Method::POST, entity.path, "text/plain", MALFORMED).await.problem(415);
        for path in absent_and_impossible(entity) {
            send(&service, Method::PUT, &path, "text/plain", MALFORMED).await.problem(415);
            send(&service, Method::PATCH, &path, "text/plain", MALFORMED).await.problem(415);
        }
    }
}

backends!(the_syntax_comes_before_the_id);
async fn the_syntax_comes_before_the_id(service: Service) {
    for entity in catalog() {
        for path in absent_and_impossible(entity) {
            for body in [MALFORMED, "{\"name\": \"a\", \"name\": 5}"] {
                send(&service, Method::PUT, &path, JSON, body).await.problem(400);
                send(&service, Method::PATCH, &path, JSON, body).await.problem(400);
            }
        }
    }
}

backends!(the_id_comes_before_the_body);
async fn the_id_comes_before_the_body(service: Service) {
    for entity in catalog() {
        let [absent, impossible] = absent_and_impossible(entity);
        for method in [Method::PUT, Method::PATCH] {
            for body in [INVALID, "[]", "{}"] {
                let problem = send(&service, method.clone(), &impossible, JSON, body).await.problem(422);
                assert_eq!(problem.places(), ["id"]);
                let problem = send(&service, method.clone(), &absent, JSON, body).await.problem(404);
                assert_eq!(problem.detail, entity.not_found(999_999));
            }
        }
    }
}

backends!(the_query_comes_before_the_row);
async fn the_query_comes_before_the_row(service: Service) {
    for entity in catalog() {
        let problem = service.get(&format!("{}/999999/listings?limit=0", entity.path)).await.problem(422);
        assert_eq!(problem.places(), ["limit"]);
        service.get(&format!("{}/999999/listings?limit=1", entity.path)).await.problem(404);
    }
}

backends!(a_fault_of_the_body_comes_before_a_taken_key);
async fn a_fault_of_the_body_comes_before_a_taken_key(service: Service) {
    for entity in catalog().into_iter().filter(|entity| !entity.get_or_create) {
        let mut body = service.create(entity, 1).await;
        body["name"] = json!("x".repeat(300));
        let problem = service.post(entity.path, &body).await.problem(422);
        assert_eq!(problem.places(), ["#/name"]);
        assert_eq!(problem.at("#/name").code, "length");
    }
}
