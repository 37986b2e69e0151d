//! The order in which faults are reported: 405, 413, 415, 400, 422 of id or query, 404, 422 of the body, 409. Where 428
//! and 412 stand among them is in [`crate::v1::conditions`].

use serde_json::json;

use partbook_test_support::contract::{CPU, LISTING, catalog, entities, in_listings, listing_that_uses};
use partbook_test_support::{Method, Service, backends};

fn too_long() -> String {
    format!("{{{}", " ".repeat(2 << 20))
}

backends!(the_worst_fault_is_said);
async fn the_worst_fault_is_said(service: Service) {
    for entity in entities() {
        let row = service.create(entity, 1).await;
        let (collection, path) = (entity.path, entity.at(&row["id"]));
        let bad_id = format!("{collection}/abc");
        let send = async |method: Method, path: &str, kind: Option<&str>, body: &str| {
            let mut request = service.request(method, path);
            if let Some(kind) = kind {
                request = request.header("Content-Type", kind);
            }
            request.body(body).send().await
        };
        let json = Some("application/json");
        let too_long = too_long();
        send(Method::PUT, collection, None, &too_long).await.problem(405);
        send(Method::POST, &bad_id, None, &too_long).await.problem(405);
        for method in [Method::PUT, Method::PATCH] {
            send(method.clone(), &bad_id, None, &too_long).await.problem(413);
            send(method.clone(), &bad_id, Some("text/plain"), "{").await.problem(415);
            send(method.clone(), &bad_id, json, "{").await.problem(400);
            let problem = send(method.clone(), &bad_id, json, "[]").await.problem(422);
            assert!(!problem.faults[0].at.starts_with('#'), "of the id first: {:?}", problem.faults);
            let missing = format!("{collection}/4711");
            send(method.clone(), &missing, json, "{").await.problem(400);
            send(method.clone(), &missing, json, "[]").await.problem(404);
            send(method.clone(), &missing, json, r#"{"name": 5, "title": 5, "speed_mhz": "x", "capacity_gb": "x"}"#)
                .await
                .problem(404);
            let problem = send(method, &path, json, "[]").await.problem(422);
            assert_eq!(problem.places(), ["#"]);
        }
        send(Method::POST, collection, None, &too_long).await.problem(413);
        send(Method::POST, collection, Some("text/plain"), "{").await.problem(415);
        send(Method::POST, collection, json, "{").await.problem(400);
        send(Method::POST, collection, json, "[]").await.problem(422);
        service.delete(&bad_id).await.problem(422);
        assert_eq!(service.get(&path).await.json(), row, "nothing was done");
    }
}

backends!(a_delete_that_is_refused_comes_last);
async fn a_delete_that_is_refused_comes_last(service: Service) {
    for entity in in_listings() {
        let row = service.create(entity, 1).await;
        service.created(LISTING.path, &listing_that_uses(1, entity.used_through[0], &row["id"])).await;
        service.delete(&format!("{}/abc", entity.path)).await.problem(422);
        service.delete(&format!("{}/4711", entity.path)).await.problem(404);
        service.delete(&entity.at(&row["id"])).await.problem(409);
    }
}

backends!(a_body_on_get_and_delete_is_ignored);
async fn a_body_on_get_and_delete_is_ignored(service: Service) {
    for kind in ["application/json", "text/plain", "application/xml", "nonsense"] {
        for body in ["", "{", "{\"name\": 1}", "\0"] {
            let row = service.create(&CPU, 1).await;
            let send = async |method: Method, path: &str| {
                service.request(method, path).header("Content-Type", kind).body(body).send().await
            };
            assert_eq!(send(Method::GET, CPU.path).await.expect(200).array(), std::slice::from_ref(&row));
            let path = CPU.at(&row["id"]);
            assert_eq!(send(Method::GET, &path).await.expect(200).json(), row);
            send(Method::GET, &format!("{path}/listings")).await.expect(200);
            send(Method::GET, "/health").await.expect(200);
            send(Method::DELETE, &path).await.expect(204);
            send(Method::DELETE, &path).await.problem(404);
        }
    }
}

backends!(queries_are_refused_before_rows_are_looked_for: Sqlite);
async fn queries_are_refused_before_rows_are_looked_for(service: Service) {
    for entity in catalog() {
        let problem = service.get(&format!("{}/4711/listings?warp=9", entity.path)).await.problem(422);
        assert_eq!(problem.places(), ["warp"]);
        let problem = service.get(&format!("{}/abc/listings?warp=9", entity.path)).await.problem(422);
        assert!(problem.places().contains(&"warp") || problem.faults.len() == 1);
    }
    assert_eq!(service.post(CPU.path, &json!(null)).await.problem(422).places(), ["#"]);
}
