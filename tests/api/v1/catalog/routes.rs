//! What the paths tolerate: trailing slashes, HEAD, bodies where none belongs; and what they refuse
//! (contract sections 2 and 6).

use std::collections::BTreeSet;
use std::slice::from_ref;

use serde_json::json;

use partbook_test_support::contract::{CPU, catalog};
use partbook_test_support::{Answer, Method, Service, backends};

backends!(a_trailing_slash_is_tolerated: Sqlite);
async fn a_trailing_slash_is_tolerated(service: Service) {
    for entity in catalog() {
        let collection = format!("{}/", entity.path);
        let created = service.post(&collection, &(entity.minimal)(1)).await.expect(201);
        let row = created.json();
        let path = format!("{}/", entity.at(&row["id"]));
        assert_eq!(created.header("location"), Some(entity.at(&row["id"]).as_str()));
        assert_eq!(service.get(&collection).await.expect(200).array(), from_ref(&row));
        assert_eq!(service.get(&format!("{collection}?limit=1&offset=1")).await.expect(200).array().len(), 0);
        assert_eq!(service.get(&path).await.expect(200).json(), row);
        service.patch(&path, &json!({})).await.expect(200);
        service.put(&path, &(entity.minimal)(1)).await.expect(200);
        assert_eq!(service.get(&format!("{path}listings/")).await.expect(200).array().len(), 0);
        assert_eq!(service.request(Method::HEAD, &path).send().await.status, 200);
        service.delete(&path).await.expect(204);
    }
}

/// The headers that HEAD must repeat.
fn described(answer: &Answer) -> Vec<(String, String)> {
    let names = ["content-type", "link", "x-total-count", "preference-applied", "etag"];
    let found = names.iter().filter_map(|name| Some(((*name).to_owned(), answer.header(name)?.to_owned())));
    found.collect()
}

backends!(head_is_get_without_the_body: Sqlite);
async fn head_is_get_without_the_body(service: Service) {
    for entity in catalog() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        service.create(entity, 1).await;
        let path = entity.at(&row["id"]);
        for target in [
            entity.path.to_owned(),
            format!("{}?limit=1", entity.path),
            format!("{}?limit=0", entity.path),
            path.clone(),
            format!("{path}/listings"),
            format!("{}/0", entity.path),
            format!("{}/abc", entity.path),
        ] {
            let get = service.get(&target).await;
            let head = service.request(Method::HEAD, &target).send().await.expect(get.status);
            assert!(head.body.is_empty());
            assert_eq!(described(&head), described(&get), "{target}");
            if let Some(length) = head.header("content-length") {
                assert_eq!(length, get.body.len().to_string());
            }
        }
    }
}

backends!(a_body_on_get_and_delete_is_ignored: Sqlite);
async fn a_body_on_get_and_delete_is_ignored(service: Service) {
    for entity in catalog() {
        for (n, (content_type, body)) in [
            ("application/json", ""),
            ("application/json", "{malformed"),
            ("text/plain", "some text"),
            ("no content type", "{}"),
            ("application/json", "{\"name\": \"a\", \"name\": \"b\"}"),
            ("application/merge-patch+json", "[]"),
        ]
        .into_iter()
        .enumerate()
        {
            let row = service.create(entity, u32::try_from(n).expect("small")).await;
            let path = entity.at(&row["id"]);
            let send = |method, path: &str| {
                service.request(method, path).header("content-type", content_type).body(body).send()
            };
            assert_eq!(send(Method::GET, &path).await.expect(200).json(), row);
            assert_eq!(send(Method::GET, entity.path).await.expect(200).array(), [row]);
            send(Method::GET, &format!("{path}/listings")).await.expect(200);
            assert!(send(Method::DELETE, &path).await.expect(204).body.is_empty());
            service.get(&path).await.problem(404);
        }
    }
}

fn allowed(answer: &Answer) -> BTreeSet<String> {
    let allow = answer.header("allow").expect("405 carries Allow");
    // HEAD comes with GET; whether OPTIONS is named is open.
    allow.split(',').map(|method| method.trim().to_owned()).filter(|method| method != "OPTIONS").collect()
}

backends!(a_method_that_is_not_there_is_refused_with_those_that_are: Sqlite);
async fn a_method_that_is_not_there_is_refused_with_those_that_are(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        for (target, refused, expected) in [
            (entity.path.to_owned(), vec![Method::PUT, Method::PATCH, Method::DELETE], vec!["GET", "HEAD", "POST"]),
            (path.clone(), vec![Method::POST], vec!["DELETE", "GET", "HEAD", "PATCH", "PUT"]),
            (
                format!("{path}/listings"),
                vec![Method::POST, Method::PUT, Method::PATCH, Method::DELETE],
                vec!["GET", "HEAD"],
            ),
        ] {
            for method in refused.into_iter().chain([Method::TRACE, Method::from_bytes(b"PURGE").expect("a method")]) {
                let answer = service.request(method, &target).send().await;
                answer.problem(405);
                let expected: BTreeSet<_> = expected.iter().map(|method| (*method).to_owned()).collect();
                assert_eq!(allowed(&answer), expected, "{target}");
            }
        }
    }
}

backends!(unknown_routes_are_not_found: Sqlite);
async fn unknown_routes_are_not_found(service: Service) {
    let id = service.create(&CPU, 1).await["id"].to_string();
    for path in [
        "/v1/catalog",
        "/v1/catalog/",
        "/v1/catalog/nonsense",
        "/v1/catalog/cpu",
        "/v1/catalog/CPUs",
        "/v1",
        "/v2/catalog/cpus",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([format!("{}/{id}/nonsense", CPU.path), format!("{}/{id}/listings/1", CPU.path)])
    {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let problem = service.request(method, &path).json(&json!({})).send().await.problem(404);
            assert_eq!(problem.json["instance"], path.as_str());
        }
    }
}

backends!(a_problem_names_the_path_it_is_about: Sqlite);
async fn a_problem_names_the_path_it_is_about(service: Service) {
    for entity in catalog() {
        let path = format!("{}/999999", entity.path);
        assert_eq!(service.get(&path).await.problem(404).json["instance"], path.as_str());
        let problem = service.post(entity.path, &json!([])).await.problem(422);
        assert_eq!(problem.json["instance"], entity.path);
    }
}
