//! The tag changes with every change of what is shown, whoever made it, and with nothing else.

use serde_json::{Value, json};

use super::{change_of_record, full, record_path, tag, tag_now};
use partbook_test_support::body::with;
use partbook_test_support::contract::{CPU, Kind, LISTING, Limit, PORTS_PROFILE, PROFILE, catalog, entities};
use partbook_test_support::{Service, backends};

/// Another value of a field, accepted in place of `before`.
fn other(limit: &Limit, before: &Value) -> Value {
    match limit.kind {
        Kind::Text if limit.field == "listing_url" => json!("https://elsewhere.example/"),
        Kind::Text => json!("changed"),
        Kind::Integer => json!(before.as_i64().expect("an integer") - 1),
        Kind::Number => json!(12.25),
        Kind::Boolean => json!(before == false),
        Kind::Date => json!("2020-02-02T00:00:00.000000Z"),
        Kind::Choice(words) => json!(words.iter().find(|word| before != **word).expect("two words")),
        Kind::Object => with(before.clone(), "new key", 1),
        Kind::Array => json!([]),
        Kind::Reference(_) => Value::Null,
    }
}

/// A value in SQL.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{text}'"),
        Value::Array(_) | Value::Object(_) => format!("'{value}'"),
        value => value.to_string(),
    }
}

backends!(every_change_by_a_client_moves_the_tag);
async fn every_change_by_a_client_moves_the_tag(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let mut row = service.get(&path).await.expect(200);
        for limit in entity.limits() {
            let value = other(limit, &row.json()[limit.field]);
            let changed = service.patch(&path, &json!({limit.field: value})).await.expect(200);
            assert_ne!(tag(&changed), tag(&row), "{}.{}", entity.name, limit.field);
            row = service.get(&path).await.expect(200);
            assert_eq!(tag(&changed), tag(&row), "{}.{}", entity.name, limit.field);
            if limit.field != "is_default" {
                assert_eq!(row.json()[limit.field], value, "{}.{}", entity.name, limit.field);
            }
        }
    }
}

// No column says which version a row is: another program would not keep it.
backends!(every_change_by_another_program_moves_the_tag);
async fn every_change_by_another_program_moves_the_tag(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let id = path.rsplit('/').next().expect("an id");
        let mut row = service.get(&path).await.expect(200);
        let fields = entity.limits().filter(|limit| limit.field != "ports");
        let mut columns: Vec<(&str, String)> = fields
            .map(|limit| {
                let column = if limit.field == "attributes" { "attributes_json" } else { limit.field };
                (column, literal(&other(limit, &row.json()[limit.field])))
            })
            .collect();
        columns.push(("created_at", "'2021-01-01T00:00:00.000001Z'".to_owned()));
        columns.push(("updated_at", "'2021-01-01T00:00:00.000002Z'".to_owned()));
        for (column, value) in columns {
            service.sql(&format!("update {} set {column} = {value} where id = {id}", entity.table)).await;
            let changed = service.get(&path).await.expect(200);
            assert_ne!(tag(&changed), tag(&row), "{}.{column} = {value}", entity.name);
            row = changed;
        }
    }
}

/// Demands that each statement moves the tag of what is at the path.
async fn moved(service: &Service, path: &str, statements: &[&str]) {
    let mut before = tag_now(service, path).await;
    for statement in statements {
        service.sql(statement).await;
        let after = tag_now(service, path).await;
        assert_ne!(before, after, "{statement}");
        before = after;
    }
}

/// Demands that none of the statements moves it.
async fn unmoved(service: &Service, path: &str, statements: &[&str]) {
    let before = tag_now(service, path).await;
    for statement in statements {
        service.sql(statement).await;
        assert_eq!(before, tag_now(service, path).await, "{statement}");
    }
}

backends!(ports_are_a_part_of_their_profile);
async fn ports_are_a_part_of_their_profile(service: Service) {
    let path = full(&service, &PORTS_PROFILE, 1).await;
    let id = path.rsplit('/').next().expect("an id");
    let insert = format!(
        "insert into port (ports_profile_id, type, count, created_at, updated_at)
         values ({id}, 'sd', 1, '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z')"
    );
    moved(
        &service,
        &path,
        &[
            "update port set count = 9 where type = 'hdmi'",
            "update port set spec_notes = null where type = 'hdmi'",
            "update port set type = 'usb_c' where type = 'hdmi'",
            "update port set updated_at = '2021-01-01T00:00:00.000000Z' where type = 'usb_c'",
            &insert,
            "delete from port where type = 'sd'",
        ],
    )
    .await;
    let before = tag_now(&service, &path).await;
    let ports = json!({"ports": [{"type": "usb_c", "count": 9}]});
    assert_ne!(tag(&service.patch(&path, &ports).await.expect(200)), before);
}

backends!(the_parts_of_a_listing_are_a_part_of_it);
async fn the_parts_of_a_listing_are_a_part_of_it(service: Service) {
    let path = full(&service, &LISTING, 1).await;
    let row = service.get(&path).await.expect(200).json();
    let component = format!(
        "insert into listing_component (listing_id, component_type, name, created_at, updated_at)
         values ({}, 'wifi', 'AX210', '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z')",
        row["id"]
    );
    moved(
        &service,
        &path,
        &[
            "update cpu set name = 'Another'",
            "update cpu set updated_at = '2021-01-01T00:00:00.000000Z'",
            "update gpu set attributes_json = '{\"b\": 1}'",
            "update port set count = 7",
            "update ports_profile set description = 'x'",
            "update ram_spec set speed_mhz = 3200",
            &format!("update storage_profile set label = 'x' where id = {}", row["primary_storage_profile_id"]),
            &format!("update storage_profile set label = 'y' where id = {}", row["secondary_storage_profile_id"]),
            &component,
            "update listing_component set quantity = 2",
            "update listing set adjusted_price_usd = 12.5",
            "update listing set valuation_breakdown = '{\"a\": 1}'",
            "update listing set score_composite = 0.5",
            "update listing set ruleset_id = null, dollar_per_cpu_mark_multi = 0.25",
            "update listing set raw_listing_json = '{\"image_url\": \"https://pictures.example/1\"}'",
        ],
    )
    .await;
    for (field, part) in [("cpu_id", CPU.path), ("ports_profile_id", PORTS_PROFILE.path)] {
        let before = tag_now(&service, &path).await;
        let part = format!("{part}/{}", row[field]);
        service.patch(&part, &json!({"name": "By a client"})).await.expect(200);
        assert_ne!(tag_now(&service, &path).await, before, "{part}");
    }
    // A profile is named by its id only.
    unmoved(&service, &path, &["update profile set name = 'x'"]).await;
}

backends!(what_is_not_shown_does_not_move_the_tag);
async fn what_is_not_shown_does_not_move_the_tag(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let other = full(&service, entity, 20).await;
        let hidden: &[&str] = match entity.name {
            "cpu" => &[
                "update cpu set price_target_good = 100, price_target_sample_size = 3, price_target_confidence = 'low'",
                "update cpu set dollar_per_mark_single = 0.1, performance_value_rating = 'good'",
                "update cpu set price_target_updated_at = '2026-01-01T00:00:00.000000Z'",
            ],
            "profile" => &["update profile set rule_group_weights = '{\"a\": 1}'"],
            "listing" => &[
                "update listing set raw_listing_json = '{\"seller\": \"x\"}'",
                "update listing set marketplace = 'ebay', vendor_item_id = 'v' || id",
                "update cpu set price_target_good = 100",
            ],
            _ => &[],
        };
        unmoved(&service, &path, hidden).await;
        unmoved(&service, &path, &[&format!("update {0} set {1} = {1}", entity.table, entity.note())]).await;
        let before = tag_now(&service, &path).await;
        service.patch(&other, &json!({entity.note(): "changed"})).await.expect(200);
        service.delete(&other).await.expect(204);
        assert_eq!(tag_now(&service, &path).await, before, "another row: {}", entity.name);
    }
}

backends!(an_update_that_changes_nothing_keeps_the_tag);
async fn an_update_that_changes_nothing_keeps_the_tag(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let row = service.get(&path).await.expect(200);
        let note = json!({entity.note(): row.json()[entity.note()]});
        for body in [&json!({}), &note, &json!({"unknown": 1}), &row.json()] {
            let same = service.patch(&path, body).await.expect(200);
            assert_eq!((tag(&same), &same.body), (tag(&row), &row.body), "{}", entity.name);
        }
        let same = service.put(&path, &row.json()).await.expect(200);
        assert_eq!((tag(&same), &same.body), (tag(&row), &row.body), "{}", entity.name);
        let record = record_path(entity, &row.json()["id"]);
        let text = row.json()[entity.note()].as_str().expect("a text").to_owned();
        service.patch(&record, &change_of_record(entity, &text)).await.expect(200);
        if entity.get_or_create {
            let body = with((entity.full)(1), "notes", "not applied");
            assert_eq!(tag(&service.post(entity.path, &body).await.expect(201)), tag(&row));
        }
        service.patch(&path, &json!({"speed_mhz": -1, "title": "", "name": "", "capacity_gb": 0})).await.problem(422);
        assert_eq!(tag_now(&service, &path).await, tag(&row), "{}", entity.name);
    }
}

backends!(a_listing_with_old_scores_keeps_its_tag);
async fn a_listing_with_old_scores_keeps_its_tag(service: Service) {
    let path = full(&service, &LISTING, 1).await;
    service
        .sql(
            "update listing set score_composite = 0.1, price_usd = null, valuation_breakdown = '{\"z\": 1.10, \"a\": null}';
             update cpu set attributes_json = '{\"n\": 12345678901234567890}'",
        )
        .await;
    let row = service.get(&path).await.expect(200);
    let same = service.patch(&path, &json!({})).await.expect(200);
    assert_eq!((tag(&same), same.text()), (tag(&row), row.text()));
}

backends!(another_default_moves_the_tag_of_the_old_one);
async fn another_default_moves_the_tag_of_the_old_one(service: Service) {
    let profile = |name: &str| json!({"name": name, "weights_json": {}, "is_default": true});
    let old = service.post(PROFILE.path, &profile("old")).await.expect(201);
    let path = PROFILE.at(&old.json()["id"]);
    let bystander = service.post(PROFILE.path, &with(profile("bystander"), "is_default", false)).await.expect(201);
    // By POST, PUT and PATCH of another row, and by its record.
    let other = service.post(PROFILE.path, &profile("new")).await.expect(201);
    let other_path = PROFILE.at(&other.json()["id"]);
    let mut before = tag(&old);
    for way in 0..4 {
        match way {
            0 => {}
            1 => drop(service.put(&other_path, &profile("new")).await.expect(200)),
            2 => drop(service.patch(&other_path, &json!({"is_default": true})).await.expect(200)),
            _ => {
                let record = record_path(&PROFILE, &other.json()["id"]);
                service.patch(&record, &json!({"fields": {"is_default": true}})).await.expect(200);
            }
        }
        let request = service.request(partbook_test_support::Method::PATCH, &path).header("If-Match", &before);
        let problem = request.json(&json!({"description": "x"})).send().await;
        problem.problem(412);
        assert_eq!(problem.json()["current"]["is_default"], false);
        assert_ne!(tag(&problem), before, "way {way}");
        before = tag(&service.patch(&path, &json!({"is_default": true})).await.expect(200));
    }
    assert_eq!(tag_now(&service, &PROFILE.at(&bystander.json()["id"])).await, tag(&bystander));
}

backends!(another_name_for_attributes_is_the_same_change);
async fn another_name_for_attributes_is_the_same_change(service: Service) {
    for entity in catalog().into_iter().filter(|entity| entity.limits().any(|limit| limit.field == "attributes")) {
        let path = full(&service, entity, 1).await;
        let before = tag_now(&service, &path).await;
        // The text of a number is shown, so it counts.
        let send = async |body: &str| {
            let request = service.request(partbook_test_support::Method::PATCH, &path);
            tag(&request.body_text(body).send().await.expect(200))
        };
        let first = send(r#"{"attributes_json": {"zeta": 1.0}}"#).await;
        assert_ne!(first, before, "{}", entity.name);
        let second = send(r#"{"attributes": {"zeta": 1.00}}"#).await;
        assert_ne!(second, first, "{}", entity.name);
        assert_eq!(send(r#"{"attributes": {"zeta":   1.00}}"#).await, second, "{}", entity.name);
    }
}
