//! Awkward old rows can be read, each by itself and in lists.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Raw, column, ids, raw};
use partbook_test_support::contract::{CPU, GPU, PORTS_PROFILE, PROFILE, RAM_SPEC, STORAGE_PROFILE, catalog, entities};
use partbook_test_support::{Method, Service};

#[tokio::test]
async fn every_row_is_shown_and_listed_the_same() {
    let service = Service::legacy_with_rows().await;
    for entity in entities() {
        let limit = entity.max_limit.min(200);
        let answer = service.get(&format!("{}?limit={limit}", entity.path)).await.expect(200);
        let listed: Vec<Raw> = serde_json::from_str(answer.text()).expect("an array of objects");
        let listed: BTreeMap<&str, &Raw> = listed.iter().map(|row| (row["id"].get(), row)).collect();
        let ids = ids(&service, entity).await;
        assert_eq!(listed.len(), ids.len(), "{}", entity.name);
        for id in ids {
            let path = format!("{}/{id}", entity.path);
            let shown = raw(&service.get(&path).await.expect(200));
            let texts = |row: &Raw| row.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>();
            assert_eq!(texts(&shown), texts(listed[id.as_str()]), "{} {id}", entity.name);
            service.request(Method::HEAD, &path).send().await.expect(200);
            if entity.name != "listing" {
                service.get(&format!("{path}/listings")).await.expect(200);
            }
        }
        for query in ["search=a", "sort=-updated_at", "sort=id&limit=3&offset=2"] {
            service.get(&format!("{}?{query}", entity.path)).await.expect(200);
        }
        service.get(&format!("/v1/fields-data/{}/records?limit=200", entity.name)).await.expect(200);
    }
}

#[tokio::test]
async fn documents_that_are_no_objects_are_shown_empty() {
    let service = Service::legacy_with_rows().await;
    for (entity, ids) in [
        (&CPU, &[2, 3, 4, 5, 6][..]),
        (&GPU, &[2, 3]),
        (&PORTS_PROFILE, &[2, 3]),
        (&RAM_SPEC, &[4, 5]),
        (&STORAGE_PROFILE, &[5, 6]),
    ] {
        for id in ids {
            let row = service.get(&entity.at(&json!(id))).await.expect(200).json();
            assert_eq!((&row["attributes"], &row["attributes_json"]), (&json!({}), &json!({})), "{} {id}", entity.name);
        }
    }
    for id in [2, 4] {
        assert_eq!(service.get(&PROFILE.at(&json!(id))).await.expect(200).json()["weights_json"], json!({}), "{id}");
    }
    let mixed = service.get(&PROFILE.at(&json!(3))).await.expect(200).json();
    assert_eq!(mixed["weights_json"], json!({"a": "0.5", "b": null, "c": true, "d": [1], "e": 1}));
}

/// A document without the white space around its tokens; there is none inside the strings of these rows.
fn compact(text: &str) -> String {
    text.split_whitespace().collect()
}

#[tokio::test]
async fn documents_keep_their_text() {
    let service = Service::legacy_with_rows().await;
    for id in ["1", "14", "15", "17", "18", "19", "20"] {
        let row = raw(&service.get(&format!("{}/{id}", CPU.path)).await.expect(200));
        let stored = column(&service, &CPU, id, "attributes_json").await.expect("a document");
        for name in ["attributes", "attributes_json"] {
            assert_eq!(compact(row[name].get()), compact(&stored), "{id}");
        }
    }
    // Escapes may be written out; the numbers and the order may not change.
    let row = raw(&service.get(&format!("{}/13", CPU.path)).await.expect(200));
    let text = compact(row["attributes"].get());
    let numbers = r#""z":1.10,"a":1e2,"big":12345678901234567890,"deep":{"n":null}"#;
    assert!(text.contains(numbers), "{text}");
    assert_eq!(serde_json::from_str::<Value>(row["attributes"].get()).expect("JSON")["note"], "café 🖥");
    // Half a pair is no text, but what is stored is shown.
    let row = raw(&service.get(&format!("{}/16", CPU.path)).await.expect(200));
    assert!(row["attributes"].get().contains(r"\ud83d"), "{}", row["attributes"].get());
}

#[tokio::test]
async fn values_out_of_range_and_odd_texts_are_shown_as_they_are() {
    let service = Service::legacy_with_rows().await;
    let row = async |id: i32| service.get(&CPU.at(&json!(id))).await.expect(200).json();
    let high = row(7).await;
    assert_eq!((&high["cores"], &high["tdp_w"], &high["release_year"]), (&json!(1024), &json!(5000), &json!(9999)));
    assert_eq!(high["cpu_mark_multi"], json!(i32::MAX));
    let low = row(8).await;
    assert_eq!((&low["cores"], &low["threads"], &low["cpu_mark_multi"]), (&json!(0), &json!(-1), &json!(i32::MIN)));
    assert_eq!((&low["socket"], &low["notes"]), (&json!(""), &json!("")));
    let spaces = row(9).await;
    assert_eq!((&spaces["name"], &spaces["manufacturer"]), (&json!("  leading spaces"), &json!(" Intel ")));
    assert_eq!(row(10).await["name"], "Core i5-13600K ");
    assert_eq!(row(11).await["name"], "");
    assert_eq!(row(12).await["name"], "tab\tand\nline");
    assert_eq!(row(12).await["notes"].as_str().map(str::len), Some(300_000));
    let ports = service.get(&PORTS_PROFILE.at(&json!(3))).await.expect(200).json();
    let ports: Vec<(i64, &str, i64)> = ports["ports"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|port| (port["id"].as_i64().unwrap(), port["type"].as_str().unwrap(), port["count"].as_i64().unwrap()))
        .collect();
    assert_eq!(ports, [(4, "usb_c", 0), (5, "", -3), (6, "displayport", 1), (7, "displayport", 2)]);
    let ram = service.get(&RAM_SPEC.at(&json!(5))).await.expect(200).json();
    assert_eq!((&ram["label"], &ram["total_capacity_gb"]), (&json!(" untrimmed "), &json!(-8)));
    let empty = service.get(&RAM_SPEC.at(&json!(4))).await.expect(200).json();
    assert_eq!((&empty["label"], &empty["total_capacity_gb"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn times_are_utc_whatever_the_zone_of_the_server() {
    let service = Service::legacy_with_rows().await;
    for (id, created, updated) in [
        (1, "2024-01-02T03:04:05.678901Z", "2024-01-02T03:04:05.678901Z"),
        (2, "2024-01-03T00:00:00.000000Z", "2024-01-03T00:00:00.000000Z"),
        (25, "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        (26, "2024-01-03T00:00:00.000000Z", "2999-01-01T00:00:00.000001Z"),
    ] {
        let row = service.get(&CPU.at(&json!(id))).await.expect(200).json();
        assert_eq!((&row["created_at"], &row["updated_at"]), (&json!(created), &json!(updated)));
    }
    // A row written now is dated now, not hours ahead.
    let row = service.create(&GPU, 1).await;
    let age = "select abs(extract(epoch from now() at time zone 'UTC' - created_at)) < 60 from gpu where id > 1000";
    assert_eq!(service.rows(age).await, [[Some("t".to_owned())]], "{}", row["created_at"]);
    // One from the future moves on from there, never back.
    let moved = service.patch(&CPU.at(&json!(26)), &json!({"notes": "x"})).await.expect(200).json();
    assert!(moved["updated_at"].as_str() > Some("2999-01-01T00:00:00.000001Z"), "{}", moved["updated_at"]);
}

#[tokio::test]
async fn old_rows_are_found() {
    let service = Service::legacy_with_rows().await;
    for (query, ids) in [
        ("cpus?min_cores=257", &[7][..]),
        ("cpus?cores=0", &[8]),
        ("cpus?search=leading", &[9]),
        ("cpus?release_year=9999", &[7]),
        ("ram-specs?ddr_generation=ddr3", &[5]),
        ("ram-specs?max_capacity_gb=0", &[5]),
        ("storage-profiles?min_capacity_gb=100001", &[6]),
        ("profiles?is_default=true", &[1, 8]),
    ] {
        let rows = service.get(&format!("/v1/catalog/{query}")).await.expect(200).array();
        let mut found: Vec<i64> = rows.iter().map(|row| row["id"].as_i64().expect("an id")).collect();
        found.sort_unstable();
        assert_eq!(found, ids, "{query}");
    }
    for entity in catalog() {
        service.get(&format!("{}?search=%25", entity.path)).await.expect(200);
    }
}
