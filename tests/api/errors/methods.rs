//! 405 and its `Allow`.

use std::collections::BTreeSet;

use partbook_test_support::contract::{catalog, entities};
use partbook_test_support::{Method, Service, backends};

const ALL: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE];

/// Every address with the methods it knows beside HEAD, which works wherever GET does.
fn addresses() -> Vec<(String, &'static [&'static str])> {
    let mut addresses: Vec<(String, &[&str])> = vec![
        ("/health".to_owned(), &["GET"]),
        ("/livez".to_owned(), &["GET"]),
        ("/readyz".to_owned(), &["GET"]),
        ("/openapi.json".to_owned(), &["GET"]),
        ("/v1/fields-data/entities".to_owned(), &["GET"]),
    ];
    for entity in entities() {
        addresses.push((entity.path.to_owned(), &["GET", "POST"]));
        addresses.push((format!("{}/", entity.path), &["GET", "POST"]));
        addresses.push((format!("{}/4711", entity.path), &["GET", "PUT", "PATCH", "DELETE"]));
        addresses.push((format!("/v1/fields-data/{}/schema", entity.name), &["GET"]));
        addresses.push((format!("/v1/fields-data/{}/records", entity.name), &["GET", "POST"]));
        addresses.push((format!("/v1/fields-data/{}/records/4711", entity.name), &["PATCH"]));
    }
    addresses.extend(catalog().into_iter().map(|entity| (format!("{}/4711/listings", entity.path), &["GET"][..])));
    addresses
}

backends!(every_other_method_is_refused_with_those_that_are_allowed: Sqlite);
async fn every_other_method_is_refused_with_those_that_are_allowed(service: Service) {
    for (path, methods) in addresses() {
        let mut known: BTreeSet<&str> = methods.iter().copied().collect();
        if known.contains("GET") {
            known.insert("HEAD");
        }
        for method in ALL.iter().filter(|method| !known.contains(method.as_str())) {
            let answer = service.request(method.clone(), &path).send().await.expect(405);
            let allow = answer.header("allow").unwrap_or_else(|| panic!("no Allow: {method} {path}"));
            let mut allow: BTreeSet<&str> = allow.split(',').map(str::trim).collect();
            allow.remove("OPTIONS"); // for preflights
            assert_eq!(allow, known, "{method} {path}");
            if method != Method::HEAD {
                answer.problem(405);
            }
        }
    }
}

backends!(a_method_nobody_knows_is_refused_likewise: Sqlite);
async fn a_method_nobody_knows_is_refused_likewise(service: Service) {
    let brew = Method::from_bytes(b"BREW").expect("a token");
    for path in ["/v1/catalog/cpus", "/v1/catalog/cpus/1", "/health"] {
        let answer = service.request(brew.clone(), path).send().await;
        assert!(answer.header("allow").is_some_and(|allow| allow.contains("GET")), "{path}");
        answer.problem(405);
    }
    service.request(brew, "/warp").send().await.problem(404);
}

backends!(head_works_wherever_get_does);
async fn head_works_wherever_get_does(service: Service) {
    let mut paths: Vec<String> =
        ["/health", "/livez", "/readyz", "/openapi.json", "/v1/fields-data/entities"].map(str::to_owned).into();
    for entity in entities() {
        let row = service.create(entity, 1).await;
        paths.extend([
            entity.path.to_owned(),
            entity.at(&row["id"]),
            format!("/v1/fields-data/{}/schema", entity.name),
        ]);
        paths.push(format!("/v1/fields-data/{}/records", entity.name));
    }
    for path in paths {
        let get = service.get(&path).await.expect(200);
        let head = service.request(Method::HEAD, &path).send().await.expect(200);
        assert!(head.body.is_empty());
        for header in ["content-type", "link", "etag"] {
            assert_eq!(head.header(header), get.header(header), "{header} of {path}");
        }
    }
}
