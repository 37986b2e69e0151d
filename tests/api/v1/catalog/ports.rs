//! The ports of a ports profile (contract sections 1 and 2).

use serde_json::{Value, json};

use partbook_test_support::contract::PORTS_PROFILE;
use partbook_test_support::{Method, Service, backends};

async fn created(service: &Service, ports: Value) -> (String, Value) {
    let row = service.created(PORTS_PROFILE.path, &json!({"name": "Back", "ports": ports})).await;
    (PORTS_PROFILE.at(&row["id"]), row)
}

/// Sends ports by PUT and by PATCH, each from the same start, and demands the same of both.
async fn replaced(service: &Service, before: &Value, after: &Value) -> Vec<(Value, Value)> {
    let mut rows = Vec::new();
    for method in [Method::PUT, Method::PATCH] {
        let (path, row) = created(service, before.clone()).await;
        let body = json!({"name": "Back", "ports": after});
        rows.push((row, service.request(method, &path).json(&body).send().await.expect(200).json()));
        service.delete(&path).await.expect(204);
    }
    rows
}

/// Type, count and notes of each port.
fn shapes(row: &Value) -> Vec<Value> {
    let ports = row["ports"].as_array().expect("an array");
    ports.iter().map(|port| json!([port["type"], port["count"], port["spec_notes"]])).collect()
}

fn port<'a>(row: &'a Value, kind: &str, notes: &Value) -> &'a Value {
    let ports = row["ports"].as_array().expect("an array");
    ports.iter().find(|port| port["type"] == kind && port["spec_notes"] == *notes).expect("the port is there")
}

backends!(ports_are_created_in_order);
async fn ports_are_created_in_order(service: Service) {
    let ports = json!([{"type": "z"}, {"type": "a", "count": 3}, {"type": "m", "count": null, "spec_notes": "x"}]);
    let (path, row) = created(&service, ports).await;
    assert_eq!(shapes(&row), [json!(["z", 1, null]), json!(["a", 3, null]), json!(["m", 1, "x"])]);
    let ids: Vec<_> = row["ports"].as_array().expect("an array").iter().map(|port| port["id"].as_i64()).collect();
    assert!(ids.is_sorted() && ids[0].is_some(), "{ids:?}");
    assert_eq!(service.get(&path).await.expect(200).json(), row);
    assert_eq!(service.get(PORTS_PROFILE.path).await.expect(200).array(), [row]);
}

backends!(a_port_that_stays_keeps_its_id);
async fn a_port_that_stays_keeps_its_id(service: Service) {
    let before =
        json!([{"type": "usb", "count": 4}, {"type": "usb", "spec_notes": "3.2"}, {"type": "hdmi", "count": 2}]);
    let after = json!([{"type": "dp"}, {"type": "hdmi", "count": 2}, {"type": "usb", "count": 5}]);
    for (old, new) in replaced(&service, &before, &after).await {
        assert_eq!(shapes(&new), [json!(["usb", 5, null]), json!(["hdmi", 2, null]), json!(["dp", 1, null])]);
        let (counted, same) = (port(&new, "usb", &Value::Null), port(&new, "hdmi", &Value::Null));
        assert_eq!(counted["id"], port(&old, "usb", &Value::Null)["id"]);
        assert_eq!(counted["created_at"], port(&old, "usb", &Value::Null)["created_at"]);
        assert!(counted["updated_at"].as_str() > port(&old, "usb", &Value::Null)["updated_at"].as_str());
        assert_eq!(same, port(&old, "hdmi", &Value::Null));
        let ids: Vec<_> = old["ports"].as_array().expect("an array").iter().map(|port| &port["id"]).collect();
        assert!(!ids.contains(&&port(&new, "dp", &Value::Null)["id"]));
    }
}

backends!(a_change_of_ports_is_a_change_of_the_profile);
async fn a_change_of_ports_is_a_change_of_the_profile(service: Service) {
    let before = json!([{"type": "usb"}, {"type": "hdmi"}]);
    for after in [
        json!([]),
        json!([{"type": "usb"}]),
        json!([{"type": "usb", "count": 2}, {"type": "hdmi"}]),
        json!([{"type": "usb"}, {"type": "hdmi"}, {"type": "dp"}]),
        json!([{"type": "usb", "spec_notes": "x"}, {"type": "hdmi"}]),
    ] {
        for (old, new) in replaced(&service, &before, &after).await {
            assert!(new["updated_at"].as_str() > old["updated_at"].as_str(), "{after}");
            assert_eq!(new["created_at"], old["created_at"]);
            assert_eq!(new["ports"].as_array().map(Vec::len), after.as_array().map(Vec::len));
        }
    }
}

backends!(the_same_ports_in_another_order_are_no_change);
async fn the_same_ports_in_another_order_are_no_change(service: Service) {
    let before = json!([{"type": "usb", "count": 1}, {"type": "usb", "spec_notes": "3.2"}, {"type": "hdmi"}]);
    let after =
        json!([{"type": "hdmi"}, {"type": "usb", "spec_notes": "3.2", "count": 1}, {"type": "usb", "spec_notes": ""}]);
    for (old, new) in replaced(&service, &before, &after).await {
        assert_eq!(new, old);
    }
}

backends!(an_answer_may_be_sent_back);
async fn an_answer_may_be_sent_back(service: Service) {
    let (path, row) =
        created(&service, json!([{"type": "usb", "count": 4}, {"type": "hdmi", "spec_notes": "2.1"}])).await;
    assert_eq!(service.put(&path, &row).await.expect(200).json(), row);
    assert_eq!(service.patch(&path, &row).await.expect(200).json(), row);
}

backends!(ports_with_the_same_type_and_notes_are_refused);
async fn ports_with_the_same_type_and_notes_are_refused(service: Service) {
    let (path, row) = created(&service, json!([{"type": "usb"}])).await;
    for ports in [
        json!([{"type": "usb"}, {"type": "usb"}]),
        json!([{"type": "usb", "spec_notes": "x"}, {"type": "hdmi"}, {"type": "usb", "spec_notes": "x", "count": 3}]),
        json!([{"type": "usb", "spec_notes": null}, {"type": "usb", "spec_notes": ""}]),
        json!([{"type": "usb"}, {"type": "usb", "spec_notes": null}]),
    ] {
        let body = json!({"name": "Other", "ports": ports});
        for (method, target) in [(Method::POST, PORTS_PROFILE.path), (Method::PUT, &path), (Method::PATCH, &path)] {
            let problem = service.request(method, target).json(&body).send().await.problem(422);
            let places = problem.places();
            assert!(places.iter().all(|place| place.starts_with("#/ports")), "{places:?}");
        }
    }
    assert_eq!(service.get(&path).await.expect(200).json(), row);
    // These differ.
    let ports = json!([
        {"type": "usb"},
        {"type": "USB"},
        {"type": "usb", "spec_notes": "x"},
        {"type": "usb", "spec_notes": "X"},
    ]);
    service.patch(&path, &json!({"ports": ports})).await.expect(200);
}

backends!(the_bounds_of_a_port_hold);
async fn the_bounds_of_a_port_hold(service: Service) {
    let (path, _) = created(&service, json!([])).await;
    let long = |count: usize| "é".repeat(count);
    for fine in
        [json!({"type": long(32), "count": 1, "spec_notes": long(255)}), json!({"type": "u", "count": 2_147_483_647})]
    {
        let row = service.patch(&path, &json!({"ports": [fine]})).await.expect(200).json();
        for member in ["type", "count"] {
            assert_eq!(row["ports"][0][member], fine[member]);
        }
    }
    for (port, at) in [
        (json!({"type": long(33)}), "/type"),
        (json!({"type": ""}), "/type"),
        (json!({"type": null}), "/type"),
        (json!({"type": 5}), "/type"),
        (json!({"count": 1}), "/type"),
        (json!({"type": "u", "count": 0}), "/count"),
        (json!({"type": "u", "count": -1}), "/count"),
        (json!({"type": "u", "count": 1.5}), "/count"),
        (json!({"type": "u", "count": "1"}), "/count"),
        (json!({"type": "u", "count": 2_147_483_648_i64}), "/count"),
        (json!({"type": "u", "spec_notes": long(256)}), "/spec_notes"),
        (json!({"type": "u", "spec_notes": ["x"]}), "/spec_notes"),
        (json!("usb"), ""),
        (json!(null), ""),
        (json!([]), ""),
    ] {
        let body = json!({"name": "Other", "ports": [{"type": "fine"}, port]});
        for (method, target) in [(Method::POST, PORTS_PROFILE.path), (Method::PUT, &path), (Method::PATCH, &path)] {
            let problem = service.request(method, target).json(&body).send().await.problem(422);
            assert_eq!(problem.places(), [format!("#/ports/1{at}")], "{port}");
        }
    }
}

backends!(the_faults_of_all_ports_are_reported);
async fn the_faults_of_all_ports_are_reported(service: Service) {
    let ports = json!([{"count": 0}, {"type": "fine"}, {"type": "", "spec_notes": 1}, 5]);
    let problem = service.post(PORTS_PROFILE.path, &json!({"ports": ports})).await.problem(422);
    let mut places = problem.places();
    places.sort_unstable();
    assert_eq!(
        places,
        ["#/name", "#/ports/0/count", "#/ports/0/type", "#/ports/2/spec_notes", "#/ports/2/type", "#/ports/3"]
    );
}

backends!(the_ports_go_with_their_profile: Sqlite, Postgres, Legacy);
async fn the_ports_go_with_their_profile(service: Service) {
    let (path, _) = created(&service, json!([{"type": "usb"}, {"type": "hdmi"}])).await;
    let other = service.created(PORTS_PROFILE.path, &(PORTS_PROFILE.full)(1)).await;
    service.delete(&path).await.expect(204);
    let count = service.rows("select id from port").await.len();
    assert_eq!(Some(count), other["ports"].as_array().map(Vec::len));
}

backends!(ports_that_another_program_doubled_stay_editable: Sqlite, Postgres, Legacy);
async fn ports_that_another_program_doubled_stay_editable(service: Service) {
    let (path, row) = created(&service, json!([{"type": "usb"}])).await;
    // Null differs from null in the unique index.
    let id = &row["id"];
    service.sql(&format!("insert into port (ports_profile_id, type, count) values ({id}, 'usb', 0)")).await;
    let doubled = service.get(&path).await.expect(200).json();
    assert_eq!(shapes(&doubled), [json!(["usb", 1, null]), json!(["usb", 0, null])]);
    let named = service.patch(&path, &json!({"description": "patched"})).await.expect(200).json();
    assert_eq!(named["ports"], doubled["ports"]);
    assert_eq!(service.put(&path, &named).await.expect(200).json(), named);
    assert_eq!(service.patch(&path, &named).await.expect(200).json(), named);
    let single = service.patch(&path, &json!({"ports": [{"type": "usb", "count": 3}]})).await.expect(200).json();
    assert_eq!(shapes(&single), [json!(["usb", 3, null])]);
}
