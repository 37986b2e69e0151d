//! Awkward old rows can be edited in their other fields, by clients that send every field too.

use serde_json::{Value, json};

use super::{Raw, column, ids, raw};
use partbook_test_support::contract::{CPU, Entity, PORTS_PROFILE, PROFILE, RAM_SPEC, STORAGE_PROFILE, entities};
use partbook_test_support::{Answer, Method, Service};

/// The JSON columns of an entity's table.
fn documents(entity: &Entity) -> &'static [&'static str] {
    match entity.name {
        "profile" => &["weights_json", "rule_group_weights"],
        "listing" => &["attributes_json", "other_urls", "other_components", "raw_listing_json", "valuation_breakdown"],
        _ => &["attributes_json"],
    }
}

async fn stored(service: &Service, entity: &Entity, id: &str) -> Vec<Option<String>> {
    let mut texts = Vec::new();
    for name in documents(entity) {
        texts.push(column(service, entity, id, name).await);
    }
    texts
}

/// Sends a row back as it was shown, with one member changed.
async fn save(service: &Service, path: &str, mut row: Raw, member: &str, value: &str) -> Answer {
    row.insert(member.to_owned(), serde_json::value::RawValue::from_string(value.to_owned()).expect("JSON"));
    let body: Vec<String> = row.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    let body = format!("{{{}}}", body.join(","));
    service.request(Method::PATCH, path).body_text(&body).send().await
}

#[tokio::test]
async fn one_field_of_every_row_can_be_changed() {
    let service = Service::legacy_with_rows().await;
    for entity in entities() {
        for id in ids(&service, entity).await {
            let (path, member) = (format!("{}/{id}", entity.path), entity.note());
            let (before, documents) = (raw(&service.get(&path).await), stored(&service, entity, &id).await);
            let after = raw(&service.patch(&path, &json!({member: "changed"})).await.expect(200));
            assert_eq!(after[member].get(), "\"changed\"");
            for (name, value) in &before {
                if name != member && name != "updated_at" {
                    assert_eq!(after[name].get(), value.get(), "{name} of {path}");
                }
            }
            assert_eq!(stored(&service, entity, &id).await, documents, "to the letter: {path}");
        }
    }
}

#[tokio::test]
async fn every_row_can_be_saved_whole_with_one_change() {
    let service = Service::legacy_with_rows().await;
    let mut refused = Vec::new();
    for entity in entities() {
        for id in ids(&service, entity).await {
            // A repeated key is a 400, and no client could have kept both; the frontend's way is tested below.
            // What no parser of theirs reads, no client sends back. The deep ones have a test of their own.
            if entity.name == "cpu" && ["15", "16", "17", "19", "20"].contains(&id.as_str()) {
                continue;
            }
            let (path, member) = (format!("{}/{id}", entity.path), entity.note());
            let (before, documents) = (raw(&service.get(&path).await), stored(&service, entity, &id).await);
            let answer = save(&service, &path, before, member, "\"changed\"").await;
            if answer.status != 200 {
                refused.push(format!("{path}: {}", answer.text()));
                continue;
            }
            assert_eq!(raw(&answer)[member].get(), "\"changed\"");
            assert_eq!(stored(&service, entity, &id).await, documents, "to the letter: {path}");
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[tokio::test]
async fn a_deep_document_can_be_saved_as_it_is() {
    let service = Service::legacy_with_rows().await;
    for id in ["19", "20"] {
        let path = format!("{}/{id}", CPU.path);
        let before = stored(&service, &CPU, id).await;
        let row = raw(&service.get(&path).await.expect(200));
        assert_eq!(
            raw(&save(&service, &path, row, "notes", "\"changed\"").await.expect(200))["notes"].get(),
            "\"changed\""
        );
        assert_eq!(stored(&service, &CPU, id).await, before);
    }
}

#[tokio::test]
async fn a_row_that_is_saved_unchanged_is_not_written() {
    let service = Service::legacy_with_rows().await;
    for entity in entities() {
        for id in ids(&service, entity).await {
            if entity.name == "cpu" && ["15", "16", "17", "19", "20"].contains(&id.as_str()) {
                continue;
            }
            let path = format!("{}/{id}", entity.path);
            let version = format!("select xmin from {} where id = {id}", entity.table);
            let (before, written) = (raw(&service.get(&path).await), service.rows(&version).await);
            let updated = before["updated_at"].get().to_owned();
            let again = raw(&save(&service, &path, before, "updated_at", &updated).await.expect(200));
            assert_eq!(again["updated_at"].get(), updated, "{path}");
            assert_eq!(service.rows(&version).await, written, "{path}");
        }
    }
}

#[tokio::test]
async fn a_repeated_key_is_read_as_browsers_read_it() {
    let service = Service::legacy_with_rows().await;
    let path = CPU.at(&json!(15));
    let row = raw(&service.get(&path).await.expect(200));
    let answer = save(&service, &path, row, "attributes", r#"{"a":3,"b":2}"#).await;
    answer.problem(400); // attributes_json repeats the key in the request itself
    let body = json!({"notes": "changed", "attributes": {"a": 3, "b": 2}, "attributes_json": {"a": 3, "b": 2}});
    let saved = service.patch(&path, &body).await.expect(200).json();
    assert_eq!((&saved["notes"], &saved["attributes"]["b"]), (&json!("changed"), &json!(2)));
}

#[tokio::test]
async fn todays_rules_hold_for_what_changes() {
    let service = Service::legacy_with_rows().await;
    for (entity, id, patch, places) in [
        (&CPU, 7, json!({"cores": 1025, "threads": 2048}), &["#/cores"][..]),
        (&CPU, 8, json!({"cores": -1, "threads": -1, "tdp_w": 0}), &["#/cores"]),
        (&CPU, 11, json!({"name": "", "manufacturer": null}), &["#/manufacturer"]),
        (&RAM_SPEC, 5, json!({"module_count": 129, "speed_mhz": 99_999}), &["#/module_count"]),
        (&STORAGE_PROFILE, 6, json!({"capacity_gb": 2_000_001}), &["#/capacity_gb"]),
        (&PROFILE, 3, json!({"weights_json": {"a": "0.6", "e": 2}}), &["#/weights_json/a"]),
    ] {
        let problem = service.patch(&entity.at(&json!(id)), &patch).await.problem(422);
        assert_eq!(problem.places(), places, "{} {id}", entity.name);
    }
    let mended = service.patch(&CPU.at(&json!(7)), &json!({"cores": 128})).await.expect(200).json();
    assert_eq!((&mended["cores"], &mended["threads"]), (&json!(128), &json!(2048)));
    let weights = service.patch(&PROFILE.at(&json!(3)), &json!({"weights_json": {"e": 2}})).await.expect(200).json();
    assert_eq!(weights["weights_json"], json!({"a": "0.5", "b": null, "c": true, "d": [1], "e": 2}));
}

#[tokio::test]
async fn a_document_that_is_no_object_becomes_one_when_it_is_patched() {
    let service = Service::legacy_with_rows().await;
    for id in 2..=6 {
        let row = service.patch(&CPU.at(&json!(id)), &json!({"attributes": {"a": 1}})).await.expect(200).json();
        assert_eq!(row["attributes"], json!({"a": 1}));
        let text = column(&service, &CPU, &id.to_string(), "attributes_json").await;
        assert_eq!(text.as_deref().map(|text| text.replace(' ', "")), Some(r#"{"a":1}"#.to_owned()));
    }
}

#[tokio::test]
async fn odd_ports_can_be_kept_and_mended() {
    let service = Service::legacy_with_rows().await;
    let path = PORTS_PROFILE.at(&json!(3));
    let row = service.get(&path).await.expect(200).json();
    let same = service.patch(&path, &json!({"ports": row["ports"], "description": "x"})).await.expect(200).json();
    assert_eq!(same["ports"], row["ports"]);
    let mut mended = row["ports"].clone();
    mended[0]["count"] = json!(2);
    let after = service.patch(&path, &json!({"ports": mended})).await.expect(200).json();
    assert_eq!((&after["ports"][0]["id"], &after["ports"][0]["count"]), (&json!(4), &json!(2)));
    assert_eq!(after["ports"].as_array().map(Vec::len), Some(4));
    let kept = service.patch(&path, &json!({"ports": [{"type": "displayport", "count": 1}]})).await.expect(200).json();
    assert_eq!(kept["ports"].as_array().map(Vec::len), Some(1));
    assert_eq!(kept["ports"][0]["id"], 6, "the one that is the same stays");
    assert_eq!(Value::Null, kept["ports"][0]["spec_notes"]);
}
