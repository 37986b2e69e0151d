//! Addresses that lead nowhere, and ids that name nothing.

use partbook_test_support::contract::{Entity, catalog, entities};
use partbook_test_support::{Answer, Method, Service, backends};

backends!(an_unknown_route_is_not_found: Sqlite);
async fn an_unknown_route_is_not_found(service: Service) {
    for path in [
        "/warp",
        "/v1",
        "/v1/",
        "/v2/catalog/cpus",
        "/v1/catalog",
        "/v1/catalog/warp",
        "/v1/catalog/cpu",
        "/v1/catalog/CPUS",
        "/v1/catalog/cpus/1/warp",
        "/v1/catalog/cpus/1/listings/1",
        "/v1/listings/1/listings",
        "/v1//catalog/cpus",
        "/api/v1/catalog/cpus",
        "/openapi.yaml",
        "/%2e%2e/etc/passwd",
        "/docs/%2e%2e/%2e%2e/etc/passwd",
        "/docs/nothing.js",
        "/v1/fields-data",
        "/%ff",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE, Method::PATCH] {
            let answer = service.request(method.clone(), path).send().await;
            // The page's assets are read-only; anything else does not exist in any way.
            if answer.status != 405 || !path.starts_with("/docs") {
                answer.problem(404);
            }
        }
        let head = service.request(Method::HEAD, path).send().await.expect(404);
        assert!(head.body.is_empty());
    }
}

/// What the four operations on one row answer.
async fn answers(service: &Service, entity: &Entity, id: &str) -> [Answer; 4] {
    let path = format!("{}/{id}", entity.path);
    let body = (entity.minimal)(1);
    [
        service.get(&path).await,
        service.put(&path, &body).await,
        service.patch(&path, &body).await,
        service.delete(&path).await,
    ]
}

backends!(an_id_that_names_no_row_is_not_found);
async fn an_id_that_names_no_row_is_not_found(service: Service) {
    for entity in entities() {
        for id in [
            "0",
            "-1",
            "4711",
            "2147483647",
            "2147483648",
            "-2147483649",
            "9223372036854775808",
            "99999999999999999999999",
        ] {
            for answer in answers(&service, entity, id).await {
                assert_eq!(answer.problem(404).detail, entity.not_found(id));
            }
        }
    }
}

backends!(what_is_no_id_is_refused: Sqlite);
async fn what_is_no_id_is_refused(service: Service) {
    for entity in entities() {
        for id in ["abc", "1.0", "1e3", "+1", "0x1", "%31x", "%20", "1%20", "--1", "-", "%D9%A3", "null", "1,2", "%00"]
        {
            for answer in answers(&service, entity, id).await {
                let problem = answer.problem(422);
                assert_eq!(problem.faults.len(), 1, "{id} of {}", entity.name);
            }
        }
    }
}

backends!(an_escaped_digit_is_a_digit: Sqlite);
async fn an_escaped_digit_is_a_digit(service: Service) {
    for entity in catalog() {
        let row = service.create(entity, 1).await;
        assert_eq!(row["id"], 1, "the first of its table");
        for id in ["%31", "01", "0001"] {
            assert_eq!(service.get(&format!("{}/{id}", entity.path)).await.expect(200).json(), row);
        }
    }
}

backends!(a_problem_names_its_kind_and_place: Sqlite);
async fn a_problem_names_its_kind_and_place(service: Service) {
    let missing = service.get("/v1/catalog/cpus/4711").await.problem(404);
    assert_eq!(missing.json["instance"], "/v1/catalog/cpus/4711");
    let refused = service.get("/v1/catalog/cpus?warp=9").await.problem(422);
    assert!(refused.json["instance"].as_str().is_some_and(|place| place.starts_with("/v1/catalog/cpus")));
    assert_ne!(missing.json["title"], refused.json["title"], "a title is the summary of a type");
    for problem in [missing, refused] {
        // What only a program could read is not fit to show a person.
        assert!(!problem.detail.contains(['{', '}', '[', '\n']), "{}", problem.detail);
    }
}
