//! Ids in paths: which are no ids, and which name no row (contract section 2).

use serde_json::json;

use partbook_test_support::contract::{Entity, catalog};
use partbook_test_support::{Method, Request, Service, backends};

/// Every operation that takes an id.
fn operations(service: &Service, entity: &Entity, id: &str) -> Vec<Request> {
    let path = format!("{}/{id}", entity.path);
    vec![
        service.request(Method::GET, &path),
        service.request(Method::HEAD, &path),
        service.request(Method::PUT, &path).json(&(entity.full)(5)),
        service.request(Method::PATCH, &path).json(&json!({"notes": "x"})),
        service.request(Method::PATCH, &path).merge_patch(&json!({})),
        service.request(Method::DELETE, &path),
        service.request(Method::GET, &format!("{path}/listings")),
    ]
}

backends!(an_integer_that_names_no_row_is_not_found);
async fn an_integer_that_names_no_row_is_not_found(service: Service) {
    for entity in catalog() {
        service.create(entity, 1).await;
        for id in ["0", "-1", "-0", "999999", "2147483648", "4294967297", "9223372036854775808", "99999999999999999999"]
            .into_iter()
            .chain(["-99999999999999999999", "00000000000000000000000000000000"])
        {
            for request in operations(&service, entity, id) {
                let answer = request.send().await.expect(404);
                if answer.body.is_empty() {
                    continue; // HEAD
                }
                let detail = answer.problem(404).detail;
                let starts = [entity.not_found(id), entity.not_found("0")];
                assert!(starts.contains(&detail), "{detail}");
            }
        }
    }
}

backends!(what_is_no_integer_is_refused);
async fn what_is_no_integer_is_refused(service: Service) {
    for entity in catalog() {
        service.create(entity, 1).await;
        for id in
            ["abc", "1.5", "1.0", "+1", "1e0", "0x1", "1a", "--1", "-", "1-", "%201", "1%20", "%D9%A1", "1,2", "null"]
        {
            for request in operations(&service, entity, id) {
                let answer = request.send().await.expect(422);
                if !answer.body.is_empty() {
                    assert_eq!(answer.problem(422).places(), ["id"], "{id}");
                }
            }
        }
    }
}

backends!(an_id_may_be_written_in_other_ways);
async fn an_id_may_be_written_in_other_ways(service: Service) {
    for entity in catalog() {
        let row = service.create(entity, 1).await;
        let id = row["id"].to_string();
        let encoded: String = id.bytes().map(|digit| format!("%{digit:02X}")).collect();
        for written in [encoded, format!("00{id}")] {
            assert_eq!(service.get(&format!("{}/{written}", entity.path)).await.expect(200).json(), row, "{written}");
        }
    }
}

backends!(ids_are_not_reused);
async fn ids_are_not_reused(service: Service) {
    for entity in catalog() {
        let first = service.create(entity, 1).await;
        service.delete(&entity.at(&first["id"])).await.expect(204);
        let second = service.create(entity, 2).await;
        assert!(second["id"].as_i64() > first["id"].as_i64());
    }
}

backends!(a_refused_request_changes_nothing);
async fn a_refused_request_changes_nothing(service: Service) {
    for entity in catalog() {
        let row = service.create(entity, 1).await;
        for id in ["0", "-1", "abc", "4294967297"] {
            for request in operations(&service, entity, id) {
                request.send().await;
            }
        }
        assert_eq!(service.get(entity.path).await.expect(200).array(), [row]);
    }
}
