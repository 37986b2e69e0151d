//! `PARTBOOK_REQUIRE_IF_MATCH`: a change that does not say which version it is meant for is refused.

use serde_json::json;

use super::{CHANGES, STALE, change, done, full, record_path, stored, tag, tag_now};
use partbook_test_support::contract::entities;
use partbook_test_support::{Backend, Service, backends};

async fn strict(backend: Backend) -> Service {
    Service::options().requires_if_match().start(backend).await
}

backends!(a_change_without_a_version_is_refused);
async fn a_change_without_a_version_is_refused(backend: Backend) {
    let service = strict(backend).await;
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let before = stored(&service, entity).await;
        for method in CHANGES {
            let without = || change(&service, entity, &method, &path, 2);
            // To exclude a version is not to name one.
            for request in [without(), without().header("If-None-Match", STALE), without().header("If-None-Match", "*")]
            {
                let answer = request.send().await;
                let problem = answer.problem(428);
                assert!(
                    problem.detail.contains("If-Match") && problem.detail.contains(entity.label),
                    "{}",
                    problem.detail
                );
                assert!(problem.json.get("current").is_none() && answer.header("etag").is_none());
            }
        }
        let row = service.get(&path).await.expect(200).json();
        service.patch(&path, &json!({})).await.problem(428);
        service.put(&path, &row).await.problem(428);
        service.patch(&record_path(entity, &row["id"]), &json!({"fields": {entity.note(): "x"}})).await.problem(428);
        service.patch(&record_path(entity, &row["id"]), &json!({})).await.problem(428);
        assert_eq!(stored(&service, entity).await, before, "{}", entity.name);
    }
}

backends!(a_change_with_a_version_is_made);
async fn a_change_with_a_version_is_made(backend: Backend) {
    let service = strict(backend).await;
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        for (number, method) in (2..).zip(CHANGES) {
            let tag = tag_now(&service, &path).await;
            let request = || change(&service, entity, &method, &path, number);
            request().header("If-Match", STALE).send().await.problem(412);
            request().header("If-Match", &tag).send().await.expect(done(&method));
        }
        let path = full(&service, entity, 2).await;
        for (number, method) in (12..).zip(CHANGES) {
            change(&service, entity, &method, &path, number).header("If-Match", "*").send().await.expect(done(&method));
        }
    }
}

backends!(reading_and_creating_need_none);
async fn reading_and_creating_need_none(backend: Backend) {
    let service = strict(backend).await;
    for entity in entities() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        service.get(&entity.at(&row["id"])).await.expect(200);
        service.get(entity.path).await.expect(200);
        let fields = json!({"fields": (entity.minimal)(2)});
        let records = format!("/v1/fields-data/{}/records", entity.name);
        let made = service.post(&records, &fields).await.expect(201);
        service.get(&records).await.expect(200);
        let record = record_path(entity, &made.json()["id"]);
        let request = service.request(partbook_test_support::Method::PATCH, &record).header("If-Match", &tag(&made));
        request.json(&json!({"fields": {entity.note(): "x"}})).send().await.expect(200);
        if entity.get_or_create {
            service.post(entity.path, &(entity.full)(1)).await.expect(201);
        }
    }
}

backends!(a_new_default_needs_none_for_the_old_one);
async fn a_new_default_needs_none_for_the_old_one(backend: Backend) {
    let service = strict(backend).await;
    let profile = |name: &str| json!({"name": name, "weights_json": {}, "is_default": true});
    let old = service.created("/v1/catalog/profiles", &profile("old")).await;
    service.created("/v1/catalog/profiles", &profile("new")).await;
    let old = service.get(&format!("/v1/catalog/profiles/{}", old["id"])).await.expect(200).json();
    assert_eq!(old["is_default"], false);
}
