//! What is no custom field, and keys that are taken.

use serde_json::{Value, json};

use super::{FIELDS, at, field, listed};
use partbook_test_support::contract::{CPU, GPU};
use partbook_test_support::{Method, Service, backends};

backends!(a_key_is_taken_once: Sqlite, Postgres, Legacy);
async fn a_key_is_taken_once(service: Service) {
    let first = service.created(FIELDS, &field(&CPU, "tier")).await;
    let problem = service.post(FIELDS, &field(&CPU, "tier")).await.problem(422);
    assert_eq!((problem.places(), problem.faults[0].code.as_str()), (vec!["#/key"], "duplicate"));
    assert_eq!(problem.detail, "Custom field with entity 'cpu' and key 'tier' already exists");
    service.created(FIELDS, &field(&GPU, "tier")).await;
    let other = service.created(FIELDS, &field(&CPU, "other")).await;
    assert_eq!(service.patch(&at(&other), &json!({"key": "tier"})).await.problem(422).places(), ["#/key"]);
    service.patch(&at(&other), &json!({"key": "another"})).await.expect(200);
    // A deleted one is restored as the new one says, under its id.
    service.delete(&at(&first)).await.expect(200);
    let mut body = field(&CPU, "tier");
    body["label"] = json!("Anew");
    let answer = service.post(FIELDS, &body).await.expect(201);
    assert_eq!(answer.header("location"), Some(at(&first).as_str()));
    let restored = answer.json();
    assert_eq!(
        (&restored["id"], &restored["label"], &restored["deleted_at"]),
        (&first["id"], &json!("Anew"), &Value::Null)
    );
}

backends!(what_makes_no_sense_is_refused);
async fn what_makes_no_sense_is_refused(service: Service) {
    let with = |members: Value| {
        let mut body = field(&CPU, "tier");
        body.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        body
    };
    for (members, place) in [
        (json!({"entity": "profile"}), "#/entity"),
        (json!({"entity": "warp"}), "#/entity"),
        (json!({"key": "1 a"}), "#/key"),
        (json!({"key": " tier "}), "#/key"),
        (json!({"entity": " cpu "}), "#/entity"),
        (json!({"key": "cores"}), "#/key"),
        (json!({"key": "x".repeat(65)}), "#/key"),
        (json!({"label": " "}), "#/label"),
        (json!({"label": null}), "#/label"),
        (json!({"data_type": "warp"}), "#/data_type"),
        (json!({"data_type": "enum"}), "#/options"),
        (json!({"options": ["a", "a"]}), "#/options"),
        (json!({"default_value": 5}), "#/default_value"),
        (json!({"default_value": "a\u{0}"}), "#/default_value"),
        (json!({"validation": "x"}), "#/validation"),
        (json!({"display_order": 1.5}), "#/display_order"),
        (json!({"deleted_at": "2026-01-01T00:00:00Z"}), "#/deleted_at"),
    ] {
        assert_eq!(service.post(FIELDS, &with(members.clone())).await.problem(422).places(), [place], "{members}");
    }
    let blank = service.created(FIELDS, &with(json!({"key": "blank", "visibility": " ", "data_type": ""}))).await;
    assert_eq!((&blank["visibility"], &blank["data_type"]), (&json!("public"), &json!("string")));
    service.delete(&format!("{}?hard_delete=1", at(&blank))).await.expect(200);
    let long = format!("{FIELDS}?actor={}", "x".repeat(129));
    assert_eq!(service.post(&long, &field(&CPU, "tier")).await.problem(422).places(), ["actor"]);
    assert!(listed(&service, "?include_inactive=1&include_deleted=1").await.is_empty());
    let strict = service.request(Method::POST, FIELDS).header("Prefer", "handling=strict");
    let problem = strict.json(&with(json!({"lable": "x"}))).send().await.problem(422);
    assert_eq!(problem.at("#/lable").detail, "is not known here; did you mean label?");
    let made = service.created(FIELDS, &field(&CPU, "tier")).await;
    for query in ["force=perhaps", "hard_delete=2"] {
        service.delete(&format!("{}?{query}", at(&made))).await.problem(422);
    }
    // Only what changes is judged: the type stays what another program made it.
    service.sql("update custom_field_definition set data_type = 'warp', options = '{}', key = 'a b'").await;
    let patched = service.patch(&at(&made), &json!({"label": "Other"})).await.expect(200).json();
    assert_eq!((&patched["data_type"], &patched["options"]), (&json!("warp"), &json!({})));
}

backends!(equal_fields_are_created_once: Sqlite, Postgres, Legacy);
async fn equal_fields_are_created_once(service: Service) {
    let requests = (0..8).map(|_| service.request(Method::POST, FIELDS).json(&field(&CPU, "tier")));
    let answers = partbook_test_support::together(requests.collect::<Vec<_>>()).await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((created, answers.iter().filter(|answer| answer.status == 422).count()), (1, 7));
    assert_eq!(listed(&service, "").await, ["tier"]);
}
