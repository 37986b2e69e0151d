//! What an answer consists of, and what becomes of fields that are left out, empty, padded or unknown
//! (contract section 1).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use partbook_test_support::body::{with, without};
use partbook_test_support::contract::{Kind, PORTS_PROFILE, RAM_SPEC, STORAGE_PROFILE, catalog};
use partbook_test_support::{Method, Service, backends};

fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[track_caller]
fn is_time(value: &Value) {
    let text = value.as_str().expect("a time is a text");
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000000Z", "{text}");
}

backends!(an_answer_has_these_members_and_no_others);
async fn an_answer_has_these_members_and_no_others(service: Service) {
    for entity in catalog() {
        let mut expected: BTreeSet<&str> = entity.limits().map(|limit| limit.field).collect();
        expected.extend(["id", "created_at", "updated_at"]);
        if expected.contains("attributes") {
            expected.insert("attributes_json");
        }
        for body in [(entity.minimal)(1), (entity.full)(2)] {
            let row = service.created(entity.path, &body).await;
            assert_eq!(keys(&row), expected);
            assert!(row["id"].is_i64());
            is_time(&row["created_at"]);
            is_time(&row["updated_at"]);
            for port in row["ports"].as_array().into_iter().flatten() {
                let expected = BTreeSet::from(["id", "type", "count", "spec_notes", "created_at", "updated_at"]);
                assert_eq!(keys(port), expected);
                is_time(&port["created_at"]);
                is_time(&port["updated_at"]);
            }
        }
    }
}

backends!(what_is_left_out_or_null_has_its_default);
async fn what_is_left_out_or_null_has_its_default(service: Service) {
    for entity in catalog() {
        let left_out = (entity.minimal)(1);
        let mut null = (entity.minimal)(2);
        let optional: Vec<_> = entity.limits().filter(|limit| left_out.get(limit.field).is_none()).collect();
        for limit in &optional {
            null[limit.field] = Value::Null;
        }
        for body in [left_out, null] {
            let row = service.created(entity.path, &body).await;
            // A label is made up: see `labels`.
            for limit in optional.iter().filter(|limit| limit.field != "label") {
                assert_eq!(row[limit.field], limit.default_value(), "{} of {row}", limit.field);
            }
        }
    }
}

backends!(an_empty_optional_text_becomes_null);
async fn an_empty_optional_text_becomes_null(service: Service) {
    for entity in catalog() {
        let full = (entity.full)(1);
        let path = entity.at(&service.created(entity.path, &full).await["id"]);
        let texts = entity.limits().filter(|limit| limit.kind == Kind::Text && !limit.required);
        for limit in texts {
            let field = limit.field;
            let patched = service.patch(&path, &json!({field: ""})).await.expect(200).json();
            assert_eq!(patched[field], Value::Null, "{field}");
            service.put(&path, &full).await.expect(200);
            // POST and PUT make up a label.
            if field != "label" {
                let put = service.put(&path, &with(full.clone(), field, "")).await.expect(200).json();
                assert_eq!(put[field], Value::Null, "{field}");
                let posted = service.created(entity.path, &with((entity.full)(2), field, "")).await;
                assert_eq!(posted[field], Value::Null, "{field}");
                service.delete(&entity.at(&posted["id"])).await.expect(204);
            }
        }
    }
}

backends!(a_required_field_must_be_there_and_not_be_empty);
async fn a_required_field_must_be_there_and_not_be_empty(service: Service) {
    for entity in catalog() {
        let body = (entity.full)(1);
        let path = entity.at(&service.created(entity.path, &body).await["id"]);
        for limit in entity.limits().filter(|limit| limit.required) {
            let pointer = format!("#/{}", limit.field);
            let mut faulty = vec![with(body.clone(), limit.field, Value::Null)];
            if limit.kind == Kind::Text {
                faulty.push(with(body.clone(), limit.field, ""));
            }
            for body in &faulty {
                let change = json!({limit.field: body[limit.field]});
                assert_eq!(service.patch(&path, &change).await.problem(422).places(), [pointer.as_str()]);
            }
            faulty.push(without(body.clone(), limit.field));
            for body in &faulty {
                assert_eq!(service.post(entity.path, body).await.problem(422).places(), [pointer.as_str()]);
                assert_eq!(service.put(&path, body).await.problem(422).places(), [pointer.as_str()]);
            }
            let missing = service.put(&path, &without(body.clone(), limit.field)).await.problem(422);
            assert_eq!(missing.at(&pointer).code, "required");
        }
        let row = service.get(&path).await.expect(200).json();
        assert_eq!(row["updated_at"], row["created_at"], "a refused update writes nothing");
    }
}

backends!(texts_of_ram_and_storage_are_trimmed);
async fn texts_of_ram_and_storage_are_trimmed(service: Service) {
    for entity in [&RAM_SPEC, &STORAGE_PROFILE] {
        for limit in entity.limits().filter(|limit| limit.kind == Kind::Text) {
            let field = limit.field;
            let row = service.created(entity.path, &with((entity.full)(1), field, " \t a  b \n ")).await;
            assert_eq!(row[field], "a  b");
            let path = entity.at(&row["id"]);
            let row = service.patch(&path, &json!({field: "  c "})).await.expect(200).json();
            assert_eq!(row[field], "c");
            let row = service.put(&path, &with((entity.full)(1), field, " d")).await.expect(200).json();
            assert_eq!(row[field], "d");
            let row = service.patch(&path, &json!({field: "  "})).await.expect(200).json();
            assert_eq!(row[field], Value::Null);
            service.delete(&path).await.expect(204);
        }
    }
}

backends!(unknown_members_are_ignored);
async fn unknown_members_are_ignored(service: Service) {
    for entity in catalog() {
        let mut body = (entity.full)(1);
        body["id"] = json!(999_999);
        body["created_at"] = json!("yesterday");
        body["updated_at"] = json!(5);
        body["nonsense"] = json!({"a": [1, null]});
        body["price_target_good"] = json!(1);
        let row = service.created(entity.path, &body).await;
        assert_ne!(row["id"], 999_999);
        is_time(&row["created_at"]);
        assert!(row.get("nonsense").is_none());
        let path = entity.at(&row["id"]);
        assert_eq!(service.put(&path, &body).await.expect(200).json(), row);
        let change = json!({"id": 5, "created_at": null, "updated_at": "x", "nonsense": null});
        assert_eq!(service.patch(&path, &change).await.expect(200).json(), row);
    }
}

backends!(the_smoke_script_patches_notes_onto_a_ports_profile);
async fn the_smoke_script_patches_notes_onto_a_ports_profile(service: Service) {
    let row = service.create(&PORTS_PROFILE, 1).await;
    let request = service.request(Method::PATCH, &PORTS_PROFILE.at(&row["id"])).json(&json!({"notes": "smoke"}));
    assert_eq!(request.send().await.expect(200).json(), row);
}
