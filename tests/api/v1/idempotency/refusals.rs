//! What is refused is refused again, even when the cause has gone; what was never judged is not kept.

use serde_json::{Value, json};

use super::{KEY, count, count_kept, keyed, post, refused, routes, same};
use partbook_test_support::body::with;
use partbook_test_support::contract::{
    CPU, LISTING, PROFILE, RAM_SPEC, RAM_UNDETERMINED, STORAGE_PROFILE, STORAGE_UNDETERMINED, catalog,
};
use partbook_test_support::{Method, Service, backends};

backends!(a_taken_name_stays_taken_for_the_key);
async fn a_taken_name_stays_taken_for_the_key(service: Service) {
    for entity in catalog().into_iter().filter(|entity| !entity.get_or_create) {
        let row = service.create(entity, 1).await;
        let body = (entity.minimal)(1);
        let first = post(&service, entity.path, "k", &body).await;
        assert_eq!(first.problem(422).detail, entity.taken(row["name"].as_str().expect("a name")));
        assert_eq!(first.problem(422).at("#/name").code, "duplicate");
        service.delete(&entity.at(&row["id"])).await.expect(204);
        same(&post(&service, entity.path, "k", &body).await, &first);
        assert_eq!(count(&service, entity.table).await, 0, "{}", entity.name);
        // Without the key, and with another one, it is a new request.
        let row = service.created(entity.path, &body).await;
        service.delete(&entity.at(&row["id"])).await.expect(204);
        post(&service, entity.path, "k2", &body).await.expect(201);
        same(&post(&service, entity.path, "k", &body).await, &first);
    }
}

backends!(a_taken_name_of_a_record_is_placed_as_before);
async fn a_taken_name_of_a_record_is_placed_as_before(service: Service) {
    let row = service.create(&CPU, 1).await;
    let body = json!({"fields": (CPU.minimal)(1)});
    let first = post(&service, "/v1/fields-data/cpu/records", "k", &body).await;
    assert_eq!(first.problem(422).places(), ["#/fields/name"]);
    service.delete(&CPU.at(&row["id"])).await.expect(204);
    same(&post(&service, "/v1/fields-data/cpu/records", "k", &body).await, &first);
}

backends!(every_fault_of_a_body_is_said_again);
async fn every_fault_of_a_body_is_said_again(service: Service) {
    let cases: &[(&str, Value, &[&str])] = &[
        (
            CPU.path,
            json!({"name": "", "cores": 0, "tdp_w": "hot"}),
            &["#/name", "#/manufacturer", "#/cores", "#/tdp_w"],
        ),
        (RAM_SPEC.path, json!({"speed_mhz": 3_200}), &["#"]),
        (STORAGE_PROFILE.path, json!({"medium": "nvme"}), &["#"]),
        (
            LISTING.path,
            json!({"title": "T", "price_usd": 1, "cpu_id": 4_711, "gpu_id": 4_711}),
            &["#/cpu_id", "#/gpu_id"],
        ),
        ("/v1/fields-data/cpu/records", json!({"fields": {"cores": 0}}), &["#/fields/cores", "#/fields/name"]),
    ];
    for (path, body, places) in cases {
        let first = post(&service, path, "k", body).await;
        let problem = first.problem(422);
        for place in *places {
            problem.at(place);
        }
        same(&post(&service, path, "k", body).await, &first);
        // The corrected request is another one.
        assert_eq!(refused(&post(&service, path, "k", &with(body.clone(), "notes", "x")).await), "reused");
    }
    let ram = post(&service, RAM_SPEC.path, "k", &json!({"speed_mhz": 3_200})).await.problem(422);
    assert_eq!(ram.detail, RAM_UNDETERMINED);
    let storage = post(&service, STORAGE_PROFILE.path, "k", &json!({"medium": "nvme"})).await.problem(422);
    assert_eq!(storage.detail, STORAGE_UNDETERMINED);
}

backends!(a_reference_that_appears_later_does_not_count);
async fn a_reference_that_appears_later_does_not_count(service: Service) {
    let body = json!({"title": "T", "price_usd": 1, "cpu_id": 1});
    let first = post(&service, LISTING.path, "k", &body).await;
    assert_eq!(first.problem(422).places(), ["#/cpu_id"]);
    assert_eq!(service.create(&CPU, 1).await["id"], 1);
    same(&post(&service, LISTING.path, "k", &body).await, &first);
    assert_eq!(count(&service, LISTING.table).await, 0);
    post(&service, LISTING.path, "k2", &body).await.expect(201);
}

backends!(a_refusal_leaves_nothing_behind);
async fn a_refusal_leaves_nothing_behind(service: Service) {
    let profile = |name: &str| json!({"name": name, "weights_json": {}, "is_default": true});
    let default = service.created(PROFILE.path, &profile("first")).await;
    // The name is found to be taken when the row is written, which is before the others stop to be default.
    post(&service, PROFILE.path, "k", &profile("first")).await.problem(422);
    assert_eq!(service.get(&PROFILE.at(&default["id"])).await.expect(200).json(), default);
    let ports = json!({"name": "P", "ports": [{"type": "a"}, {"type": "a"}]});
    post(&service, "/v1/catalog/ports-profiles", "k", &ports).await.problem(422);
    assert_eq!((count(&service, "ports_profile").await, count(&service, "port").await), (0, 0));
}

backends!(what_was_never_judged_is_not_kept);
async fn what_was_never_judged_is_not_kept(service: Service) {
    for (_, path, body) in routes(1) {
        let key = |request: partbook_test_support::Request| request.header(KEY, "k");
        let bare = || key(service.request(Method::POST, &path));
        bare().body_text("{").send().await.problem(400);
        bare().body_text(r#"{"name": "a", "name": "b"}"#).send().await.problem(400);
        bare().body_text(&" ".repeat((1 << 20) + 1)).send().await.problem(413);
        bare().header("Content-Type", "text/plain").body(body.to_string()).send().await.problem(415);
        bare().body(body.to_string()).send().await.problem(415);
        for shape in ["[]", "5", "null", "\"text\""] {
            assert_eq!(bare().body_text(shape).send().await.problem(422).places(), ["#"]);
        }
        if path.contains("fields-data") {
            let problem = bare().json(&json!({"fields": 5})).send().await.problem(422);
            assert_eq!(problem.places(), ["#/fields"]);
        }
        assert_eq!(count_kept(&service).await, 0, "{path}");
        let first = post(&service, &path, "k", &body).await.expect(201);
        same(&post(&service, &path, "k", &body).await, &first);
        service.sql(&format!("delete from {}", service.own("idempotency_key"))).await;
    }
    let unknown = "/v1/fields-data/warp/records";
    post(&service, unknown, "k", &json!({})).await.problem(404);
    keyed(&service, "/v1/catalog/cpus/1", "k", "{}").send().await.problem(405);
    assert_eq!(count_kept(&service).await, 0);
}
