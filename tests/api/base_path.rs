//! An installation under a path of a reverse proxy: `PARTBOOK_BASE_PATH` (contract section 2).

use serde_json::json;

use partbook_test_support::contract::{CPU, LISTING, catalog, entities, listing_that_uses};
use partbook_test_support::{Backend, Database, Method, Service, backends};

const BASE: &str = "/shop/parts";

async fn mounted(backend: Backend) -> Service {
    Service::options().base_path(BASE).start(backend).await
}

/// A path as a proxy passes it on: with the base path, and without.
fn both(path: &str) -> [String; 2] {
    [format!("{BASE}{path}"), path.to_owned()]
}

backends!(every_operation_works_with_the_path_and_without: Sqlite);
async fn every_operation_works_with_the_path_and_without(backend: Backend) {
    let service = mounted(backend).await;
    for entity in entities() {
        for (n, collection) in (1..).zip(both(entity.path)) {
            let made = service.post(&collection, &(entity.full)(n)).await.expect(201);
            let at = entity.at(&made.json()["id"]);
            assert_eq!(made.header("location"), Some(&*format!("{BASE}{at}")));
            for path in both(&at) {
                assert_eq!(service.get(&path).await.expect(200).json(), made.json(), "{path}");
                service.patch(&path, &json!({})).await.expect(200);
                service.put(&path, &(entity.full)(n)).await.expect(200);
            }
        }
        for collection in both(entity.path) {
            let page = service.get(&format!("{collection}?limit=1&offset=1")).await.expect(200);
            let links = page.header("link").expect("links");
            assert!(links.split(", ").all(|link| link.starts_with(&format!("<{BASE}{}?", entity.path))), "{links}");
        }
    }
}

backends!(answers_lead_back_through_the_proxy: Sqlite);
async fn answers_lead_back_through_the_proxy(backend: Backend) {
    let service = mounted(backend).await;
    let cpu = service.create(&CPU, 1).await;
    service.created(LISTING.path, &listing_that_uses(1, "cpu_id", &cpu["id"])).await;
    let listings = format!("{}/listings", CPU.at(&cpu["id"]));
    for path in both(&CPU.at(&cpu["id"])) {
        let problem = service.delete(&path).await.problem(409);
        assert_eq!(problem.json["usage"]["href"], format!("{BASE}{listings}"));
        assert_eq!(problem.json["instance"], format!("{BASE}{}", CPU.at(&cpu["id"])));
    }
    for path in both(&format!("{listings}?limit=1")) {
        let links = service.get(&path).await.expect(200).header("link").expect("links").to_owned();
        assert!(links.starts_with(&format!("<{BASE}{listings}?")), "{links}");
    }
    for path in both("/warp") {
        let problem = service.get(&path).await.problem(404);
        assert_eq!(problem.json["instance"], format!("{BASE}/warp"));
        assert!(problem.detail.contains(&format!("{BASE}/docs")), "{}", problem.detail);
    }
    for path in [BASE, "/"] {
        let answer = service.get(path).await.expect(303);
        assert_eq!(answer.header("location"), Some(&*format!("{BASE}/docs")));
    }
    // What only begins like the path is another one.
    service.get(&format!("{BASE}s/docs")).await.problem(404);
    service.get(&format!("{BASE}{BASE}/docs")).await.problem(404);
    for path in both("/v1/catalog/cpus").into_iter().chain(both("/health")) {
        let answer = service.get(&path).await.expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-cache, no-transform"), "{path}");
    }
}

backends!(the_page_loads_what_it_needs_through_the_proxy: Sqlite);
async fn the_page_loads_what_it_needs_through_the_proxy(backend: Backend) {
    let service = mounted(backend).await;
    for page in both("/docs").into_iter().chain(both("/docs/")) {
        let html = service.get(&page).await.expect(200).text().to_owned();
        let references = ["src=\"", "href=\""].into_iter().flat_map(|name| html.split(name).skip(1));
        let references: Vec<&str> = references.filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(references.len(), 6, "{html}");
        for reference in references {
            assert!(reference.starts_with(&format!("{BASE}/docs/")), "{reference}");
            service.get(reference).await.expect(200);
        }
    }
    let script = service.get("/docs/swagger-initializer.js").await.expect(200).text().to_owned();
    assert!(script.contains(&format!("url: \"{BASE}/openapi.json\"")), "{script}");
    let document = service.get(&format!("{BASE}/openapi.json")).await.expect(200).json();
    assert_eq!(document["servers"], json!([{"url": BASE}]));
    let mut document = document;
    document.as_object_mut().expect("an object").remove("servers");
    let plain: serde_json::Value = serde_json::from_str(&partbook_test_support::api_document()).expect("the document");
    assert_eq!(document, plain);
}

backends!(a_stored_answer_leads_where_the_service_is_now: Sqlite, Postgres);
async fn a_stored_answer_leads_where_the_service_is_now(backend: Backend) {
    let database = Database::prepared(backend);
    let (service, other) =
        (Service::options().base_path(BASE).start_on(&database).await, Service::options().start_on(&database).await);
    for entity in catalog() {
        let post = async |service: &Service, path: &str| {
            let request = service.request(Method::POST, path).header("Idempotency-Key", "k");
            request.json(&(entity.minimal)(1)).send().await.expect(201)
        };
        let first = post(&service, &format!("{BASE}{}", entity.path)).await;
        let at = entity.at(&first.json()["id"]);
        for (service, path, base) in [
            (&service, format!("{BASE}{}", entity.path), BASE),
            (&service, entity.path.to_owned(), BASE),
            (&other, entity.path.to_owned(), ""),
        ] {
            let again = post(service, &path).await;
            assert_eq!(
                (again.body.clone(), again.header("location")),
                (first.body.clone(), Some(&*format!("{base}{at}")))
            );
        }
    }
}

backends!(slashes_at_the_beginning_count_as_one: Sqlite);
async fn slashes_at_the_beginning_count_as_one(backend: Backend) {
    let (service, plain) = (mounted(backend).await, Service::start(backend).await);
    for (n, (service, base, own)) in (1..).zip([(&service, BASE, BASE), (&service, "", BASE), (&plain, "", "")]) {
        for path in [format!("/{base}{}", CPU.path), format!("//{base}//{}//", CPU.path)] {
            let answer = service.get(&path).await.expect(200);
            assert_eq!(answer.header("cache-control"), Some("no-cache, no-transform"), "{path}");
        }
        let made = service.post(&format!("/{base}/{}", CPU.path), &(CPU.minimal)(n)).await.expect(201);
        assert_eq!(made.header("location"), Some(&*format!("{own}{}", CPU.at(&made.json()["id"]))));
        // Between the parts of a path they are no part of any.
        service.get(&format!("{base}/v1//catalog/cpus")).await.problem(404);
    }
    service.get(&format!("/shop//parts{}", CPU.path)).await.problem(404);
}

backends!(metrics_name_routes_without_the_path: Sqlite);
async fn metrics_name_routes_without_the_path(backend: Backend) {
    let service = mounted(backend).await;
    for path in both(CPU.path) {
        service.get(&path).await.expect(200);
    }
    let labels = [("method", "GET"), ("path", CPU.path), ("status", "200")];
    assert_eq!(service.metrics().await.value("http_requests_total", &labels), Some(2.0));
}
