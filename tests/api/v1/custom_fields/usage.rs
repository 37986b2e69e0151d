//! How much custom fields are used, and what that means for a delete.

use serde_json::json;

use super::{FIELDS, at, field, used};
use partbook_test_support::contract::{CPU, LISTING, PROFILE, entities};
use partbook_test_support::{Backend, Method, Service, backends};

backends!(usage_counts_rows_with_the_key: Sqlite, Postgres, Legacy);
async fn usage_counts_rows_with_the_key(service: Service) {
    for entity in entities().into_iter().filter(|entity| *entity.name != *PROFILE.name) {
        service.created(FIELDS, &field(entity, "own")).await;
        service.created(FIELDS, &field(entity, "other")).await;
        for (n, attributes) in (1..).zip([json!({"own": 1}), json!({"own": null, "x": {"other": 1}}), json!({})]) {
            let mut body = (entity.minimal)(n);
            body["attributes"] = attributes;
            service.created(entity.path, &body).await;
        }
    }
    let keys = ["own", "other"].repeat(entities().len() - 1);
    let expected: Vec<(String, i64)> =
        keys.into_iter().map(|key| (key.to_owned(), if key == "own" { 2 } else { 0 })).collect();
    assert_eq!(used(&service).await, expected);
    // Deleted ones count on: what they are about is still there.
    let answer = service.get(&format!("{FIELDS}?entity=gpu")).await.json();
    let own = answer["fields"].as_array().expect("an array").iter().find(|field| field["key"] == "own");
    service.delete(&format!("{}?force=true", at(own.expect("a field")))).await.expect(200);
    assert_eq!(used(&service).await, expected);
}

backends!(a_field_that_is_used_stays_unless_forced: Sqlite, Postgres, Legacy);
async fn a_field_that_is_used_stays_unless_forced(service: Service) {
    let made = service.created(FIELDS, &field(&LISTING, "color")).await;
    let mut body = (LISTING.minimal)(1);
    body["attributes"] = json!({"color": "black"});
    let row = service.created(LISTING.path, &body).await;
    for query in ["", "?hard_delete=true", "?force=false"] {
        let problem = service.delete(&format!("{}{query}", at(&made))).await.problem(409);
        assert_eq!(problem.detail, "Cannot delete Custom Field: 1 row(s) have a value of color");
        let usage =
            json!({"field_id": made["id"], "entity": "listing", "key": "color", "total": 1, "counts": {"listing": 1}});
        assert_eq!(problem.json["usage"], usage);
        assert_eq!(service.get(&at(&made)).await.json(), made, "nothing has changed");
    }
    assert_eq!(service.delete(&format!("{}?force=true", at(&made))).await.expect(200).json()["total"], 1);
    service.delete(&format!("{}?hard_delete=1&force=1", at(&made))).await.expect(200);
    service.get(&at(&made)).await.problem(404);
    assert_eq!(service.get(&LISTING.at(&row["id"])).await.json(), row, "values stay");
}

backends!(the_key_of_a_field_that_is_used_stays: Sqlite, Postgres, Legacy);
async fn the_key_of_a_field_that_is_used_stays(service: Service) {
    let made = service.created(FIELDS, &field(&CPU, "tier")).await;
    service.created(FIELDS, &field(&CPU, "taken")).await;
    let mut body = (CPU.minimal)(1);
    body["attributes"] = json!({"tier": null});
    let row = service.created(CPU.path, &body).await;
    let usage = json!({"field_id": made["id"], "entity": "cpu", "key": "tier", "total": 1, "counts": {"cpu": 1}});
    for (patch, what) in [
        (json!({"key": "level", "label": "Level"}), "key"),
        (json!({"entity": "gpu"}), "entity"),
        (json!({"entity": "gpu", "key": "level"}), "entity and key"),
    ] {
        let problem = service.patch(&at(&made), &patch).await.problem(409);
        assert_eq!(problem.detail, format!("Cannot change {what} of Custom Field: 1 row(s) have a value of tier"));
        assert_eq!(problem.json["usage"], usage);
        assert_eq!(service.get(&at(&made)).await.json(), made, "nothing has changed");
    }
    // Other faults come first, and whatever else changes may change.
    service.patch(&at(&made), &json!({"key": "taken"})).await.problem(422);
    let stale = service.request(Method::PATCH, &at(&made)).header("If-Match", "\"stale\"");
    stale.json(&json!({"key": "level"})).send().await.problem(412);
    let mut same = made.clone();
    same["label"] = json!("Other");
    service.patch(&at(&made), &same).await.expect(200);
    // A deleted one is used as much.
    service.delete(&format!("{}?force=1", at(&made))).await.expect(200);
    service.patch(&at(&made), &json!({"key": "level"})).await.problem(409);
    service.patch(&CPU.at(&row["id"]), &json!({"attributes": {"level": 1}})).await.expect(200);
    let none = service.request(Method::PATCH, &CPU.at(&row["id"])).merge_patch(&json!({"attributes": {"tier": null}}));
    none.send().await.expect(200);
    let moved = service.patch(&at(&made), &json!({"key": "level"})).await.expect(200).json();
    assert_eq!((&moved["id"], &moved["key"]), (&made["id"], &json!("level")));
    // What no row can have is free to become what it can.
    service.sql("update custom_field_definition set entity = 'warp' where key = 'taken'").await;
    let all = service.get(&format!("{FIELDS}?include_inactive=1")).await.json();
    let warp = all["fields"].as_array().expect("an array").iter().find(|field| field["entity"] == "warp").cloned();
    service.patch(&at(&warp.expect("a field")), &json!({"entity": "cpu"})).await.expect(200);
}

#[tokio::test]
async fn attributes_of_old_rows_are_counted_whatever_they_hold() {
    let service = Service::start(Backend::Legacy).await;
    service.created(FIELDS, &field(&CPU, "own")).await;
    for (n, attributes) in [
        (1, "null"),
        (2, "'null'"),
        (3, "'[\"own\"]'"),
        (4, r#"'"own"'"#),
        (5, r#"'{"own": 1, "own": 2}'"#),
        (6, r#"'{"a": "\u0000", "own": 1}'"#),
        (7, r#"'{"\ud800": "\udc00\\u0000", "own": 1}'"#),
        (8, r#"'{"\u006fwn": 1}'"#),
        (9, r#"'{"a": {"own": 1}}'"#),
    ] {
        service.sql("alter table cpu alter column attributes_json drop not null").await;
        let insert = "insert into cpu (name, manufacturer, attributes_json) values";
        service.sql(&format!("{insert} ('CPU {n}', 'x', {attributes})")).await;
    }
    assert_eq!(used(&service).await, [("own".to_owned(), 4)]);
}
