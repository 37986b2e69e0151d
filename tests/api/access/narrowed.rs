//! What tokens that are narrowed to some entities are shown of others.

use serde_json::json;

use super::{Guarded, get, guarded_by, with_token};
use partbook_test_support::contract::{CPU, GPU, listing_that_uses};
use partbook_test_support::{Anonymous, Backend, Method, backends};

const TOKENS: [(&str, &str); 3] =
    [("cpus", "scope=write entity=cpu"), ("both", "scope=write entity=cpu,listing"), ("writer", "scope=write")];

async fn service(backend: Backend) -> Guarded {
    guarded_by(&TOKENS, backend, Anonymous::None).await
}

backends!(the_listings_that_use_a_part_are_named_to_those_who_may_read_them: Sqlite, Postgres, Legacy);
async fn the_listings_that_use_a_part_are_named_to_those_who_may_read_them(backend: Backend) {
    let service = service(backend).await;
    let made = with_token(&service, "cpus", Method::POST, CPU.path).json(&(CPU.minimal)(1)).send().await;
    let cpu = made.expect(201).json();
    let body = listing_that_uses(1, "cpu_id", &cpu["id"]);
    let listing = with_token(&service, "writer", Method::POST, "/v1/listings").json(&body).send().await;
    let title = listing.expect(201).json()["title"].clone();
    let at = CPU.at(&cpu["id"]);
    for (token, is_named) in [("cpus", false), ("both", true), ("writer", true)] {
        let problem = with_token(&service, token, Method::DELETE, &at).send().await.problem(409);
        assert_eq!(problem.detail, CPU.in_use(1), "{token}");
        let named = &problem.json["usage"]["listings"][0]["title"];
        assert_eq!(named, if is_named { &title } else { &serde_json::Value::Null }, "{token}");
        let uses = get(&service, token, &format!("{at}/listings")).await;
        assert_eq!(uses.status, if is_named { 200 } else { 403 }, "{token}");
    }
}

backends!(records_are_rows_of_their_entity: Sqlite);
async fn records_are_rows_of_their_entity(backend: Backend) {
    let service = service(backend).await;
    let (cpus, gpus) = ("/v1/fields-data/cpu/records", "/v1/fields-data/gpu/records");
    let body = json!({ "fields": (CPU.minimal)(1) });
    with_token(&service, "cpus", Method::POST, cpus).json(&body).send().await.expect(201);
    assert_eq!(get(&service, "cpus", cpus).await.expect(200).json()["pagination"]["total"], 1);
    get(&service, "cpus", gpus).await.problem(403);
    let body = json!({ "fields": (GPU.minimal)(1) });
    with_token(&service, "cpus", Method::POST, gpus).json(&body).send().await.problem(403);
    get(&service, "cpus", "/v1/fields-data/gpu/schema").await.problem(403);
    // Neither an escape nor another case leads around it.
    for path in ["/v1/fields-data/%67pu/records", "/v1/fields-data/GPU/records", "/v1/fields-data/gpu/records/"] {
        let status = get(&service, "cpus", path).await.status;
        assert!([403, 404].contains(&status), "{path}: {status}");
    }
    get(&service, "cpus", "/v1/fields-data/entities").await.expect(200);
    get(&service, "cpus", "/v1/fields").await.problem(403);
}
