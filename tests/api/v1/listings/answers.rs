//! What an answer shows of a listing beside what was sent.

use serde_json::{Value, json};

use super::{full_with, minimal, parts, with};
use partbook_test_support::contract::{CPU, GPU, LISTING, PORTS_PROFILE, RAM_SPEC, STORAGE_PROFILE};
use partbook_test_support::{Service, backends};

/// Numbers that another service computes, each a column of the same name.
const NUMBERS: [&str; 12] = [
    "adjusted_price_usd",
    "score_cpu_multi",
    "score_cpu_single",
    "score_gpu",
    "score_composite",
    "dollar_per_cpu_mark",
    "dollar_per_single_mark",
    "perf_per_watt",
    "dollar_per_cpu_mark_single",
    "dollar_per_cpu_mark_single_adjusted",
    "dollar_per_cpu_mark_multi",
    "dollar_per_cpu_mark_multi_adjusted",
];

const OTHERS: [&str; 17] = [
    "id",
    "created_at",
    "updated_at",
    "ruleset_id",
    "valuation_breakdown",
    "components",
    "cpu",
    "gpu",
    "ports_profile",
    "ram_spec",
    "primary_storage_profile",
    "secondary_storage_profile",
    "ram_type",
    "ram_speed_mhz",
    "cpu_name",
    "gpu_name",
    "thumbnail_url",
];

backends!(every_member_is_there_and_no_other);
async fn every_member_is_there_and_no_other(service: Service) {
    let row = minimal(&service).await;
    let mut shown: Vec<&str> = row.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut expected: Vec<&str> = LISTING.limits().map(|limit| limit.field).chain(NUMBERS).chain(OTHERS).collect();
    shown.sort_unstable();
    expected.sort_unstable();
    assert_eq!(shown, expected);
    assert_eq!(row["components"], json!([]));
    for member in NUMBERS.iter().chain(&OTHERS[3..5]).chain(&OTHERS[6..]) {
        assert_eq!(row[member], Value::Null, "{member}");
    }
}

backends!(parts_are_nested_as_their_own_addresses_show_them);
async fn parts_are_nested_as_their_own_addresses_show_them(service: Service) {
    let parts = parts(&service).await;
    let row = service.created(LISTING.path, &full_with(&parts)).await;
    for (member, entity) in [
        ("cpu", &CPU),
        ("gpu", &GPU),
        ("ports_profile", &PORTS_PROFILE),
        ("ram_spec", &RAM_SPEC),
        ("primary_storage_profile", &STORAGE_PROFILE),
        ("secondary_storage_profile", &STORAGE_PROFILE),
    ] {
        let part = service.get(&entity.at(&parts[&format!("{member}_id")])).await.expect(200).json();
        assert_eq!(row[member], part, "{member}");
    }
    assert_eq!(row["ports_profile"]["ports"].as_array().map(Vec::len), Some(3));
    assert_eq!(row["cpu_name"], row["cpu"]["name"]);
    assert_eq!(row["gpu_name"], row["gpu"]["name"]);
    assert_eq!(row["ram_type"], "ddr5");
    assert_eq!(row["ram_speed_mhz"], row["ram_spec"]["speed_mhz"]);
    // In a list and under a part as under the row's own address.
    assert_eq!(service.get(&LISTING.at(&row["id"])).await.json(), row);
    assert_eq!(service.get(LISTING.path).await.array(), std::slice::from_ref(&row));
    let cpu = CPU.at(&parts["cpu_id"]);
    assert_eq!(service.get(&format!("{cpu}/listings")).await.expect(200).array(), [row]);
}

backends!(computed_numbers_are_shown);
async fn computed_numbers_are_shown(service: Service) {
    let id = minimal(&service).await["id"].clone();
    for (number, column) in (1_i32..).zip(NUMBERS) {
        let value = f64::from(number) + 0.1;
        service.sql(&format!("update listing set {column} = {value} where id = {id}")).await;
    }
    service.sql("update listing set valuation_breakdown = '{\"z\": [1, null], \"a\": 0.1}'").await;
    let row = service.get(&LISTING.at(&id)).await.expect(200).json();
    for (number, column) in (1_i32..).zip(NUMBERS) {
        assert_eq!(row[column].as_f64(), Some(f64::from(number) + 0.1), "{column}");
    }
    assert_eq!(row["valuation_breakdown"], json!({"z": [1, null], "a": 0.1}));
    assert_eq!(service.get(LISTING.path).await.array(), [row]);
}

backends!(the_first_picture_that_is_not_empty_is_the_thumbnail);
async fn the_first_picture_that_is_not_empty_is_the_thumbnail(service: Service) {
    let table = [
        (r#"{"image_url": "a", "thumbnail_url": "b"}"#, "{}", json!("a")),
        (r#"{"img_url": "e", "thumbnailUrl": "d", "imageUrl": "c", "thumbnail_url": "b"}"#, "{}", json!("b")),
        (r#"{"img_url": "e", "thumbnailUrl": "d", "imageUrl": "c"}"#, "{}", json!("c")),
        (r#"{"img_url": "e", "thumbnailUrl": "d"}"#, "{}", json!("d")),
        (r#"{"img_url": "e"}"#, r#"{"image_url": "f"}"#, json!("e")),
        (r#"{"image_url": "", "thumbnail_url": null, "imageUrl": "c"}"#, "{}", json!("c")),
        (r#"{"image_url": ""}"#, r#"{"image_url": "f", "thumbnail_url": "g"}"#, json!("f")),
        ("{}", r#"{"image_url": "", "thumbnail_url": "g"}"#, json!("g")),
        ("{}", r#"{"imageUrl": "c", "img_url": "e"}"#, Value::Null),
        ("[]", "{}", Value::Null),
        ("null", r#"{"image_url": "f"}"#, json!("f")),
    ];
    let id = minimal(&service).await["id"].clone();
    for (raw, attributes, expected) in table {
        service.sql(&format!("update listing set raw_listing_json = '{raw}', attributes_json = '{attributes}'")).await;
        let row = service.get(&LISTING.at(&id)).await.expect(200).json();
        assert_eq!(row["thumbnail_url"], expected, "{raw} {attributes}");
        assert_eq!(service.get(LISTING.path).await.array()[0]["thumbnail_url"], expected);
    }
    let row = service.created(LISTING.path, &with("attributes", &json!({"image_url": "https://img.example/"}))).await;
    assert_eq!(row["thumbnail_url"], "https://img.example/");
}

backends!(components_are_shown);
async fn components_are_shown(service: Service) {
    let (one, other) = (minimal(&service).await["id"].clone(), minimal(&service).await["id"].clone());
    let time = "'2024-01-02T03:04:05.678901Z'";
    service
        .sql(&format!(
            "insert into listing_component
                 (id, listing_id, component_type, name, quantity, metadata_json, adjustment_value_usd,
                     created_at, updated_at)
             values (7, {one}, 'ram', '16 GB', 2, '{{\"slot\": \"A1\", \"a\": null}}', -25.5, {time}, {time}),
                 (8, {other}, 'os', null, 1, null, null, {time}, {time}),
                 (9, {one}, 'os', null, 1, null, null, {time}, {time})"
        ))
        .await;
    let row = service.get(&LISTING.at(&one)).await.expect(200).json();
    let time = "2024-01-02T03:04:05.678901Z";
    assert_eq!(
        row["components"],
        json!([
            {"id": 7, "component_type": "ram", "name": "16 GB", "quantity": 2,
             "metadata_json": {"slot": "A1", "a": null}, "adjustment_value_usd": -25.5, "rule_id": null,
             "created_at": time, "updated_at": time},
            {"id": 9, "component_type": "os", "name": null, "quantity": 1, "metadata_json": null,
             "adjustment_value_usd": null, "rule_id": null, "created_at": time, "updated_at": time},
        ])
    );
    let rows = service.get(&format!("{}?sort=id", LISTING.path)).await.array();
    assert_eq!(rows[0], row);
    assert_eq!(rows[1]["components"].as_array().map(Vec::len), Some(1));
}

backends!(attributes_go_by_one_name_only: Sqlite);
async fn attributes_go_by_one_name_only(service: Service) {
    let row = service.created(LISTING.path, &with("attributes", &json!({"a": 1}))).await;
    assert_eq!(row["attributes"], json!({"a": 1}));
    assert!(row.get("attributes_json").is_none());
}
