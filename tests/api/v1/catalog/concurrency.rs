//! Updates of one row at the same moment lose nothing of each other (contract sections 2 and 7).

use serde_json::{Value, json};

use crate::support::contract::{Kind, PORTS_PROFILE, catalog};
use crate::support::{Method, Service, backends, together};

backends!(patches_of_different_fields_lose_nothing);
async fn patches_of_different_fields_lose_nothing(service: Service) {
    for entity in catalog() {
        let before = service.created(entity.path, &(entity.full)(1)).await;
        let path = entity.at(&before["id"]);
        let changes: Vec<(&str, Value)> = entity
            .limits()
            .filter_map(|limit| match limit.kind {
                Kind::Text => Some((limit.field, json!(format!("changed {}", limit.field)))),
                Kind::Integer => Some((limit.field, json!(before[limit.field].as_i64()? - 1))),
                Kind::Choice(_) => Some((limit.field, json!("unknown"))),
                _ => None,
            })
            .collect();
        let patches =
            changes.iter().map(|(field, value)| service.request(Method::PATCH, &path).json(&json!({*field: value})));
        for answer in together(patches).await {
            answer.expect(200);
        }
        let after = service.get(&path).await.expect(200).json();
        for (field, value) in &changes {
            assert_eq!(after[*field], *value, "{} of {}", field, entity.name);
        }
    }
}

backends!(patches_of_different_keys_lose_nothing);
async fn patches_of_different_keys_lose_nothing(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.created(entity.path, &(entity.full)(1)).await["id"]);
        let names = if entity.name == "profile" { ["weights_json"; 2] } else { ["attributes", "attributes_json"] };
        let patches = (0..24).map(|n| {
            let change = json!({names[n % 2]: {format!("key {n}"): n}});
            let request = service.request(Method::PATCH, &path);
            if n % 3 == 0 { request.merge_patch(&change) } else { request.json(&change) }
        });
        for answer in together(patches).await {
            answer.expect(200);
        }
        let after = service.get(&path).await.expect(200).json();
        for n in 0..24 {
            assert_eq!(after[names[0]][format!("key {n}")], n, "{}", entity.name);
        }
    }
}

backends!(replacements_at_once_leave_one_of_them_whole);
async fn replacements_at_once_leave_one_of_them_whole(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.created(entity.path, &(entity.full)(0)).await["id"]);
        let bodies: Vec<Value> = (1..=8).map(entity.full).collect();
        let answers = together(bodies.iter().map(|body| service.request(Method::PUT, &path).json(body))).await;
        let rows: Vec<Value> = answers.into_iter().map(|answer| answer.expect(200).json()).collect();
        assert!(rows.contains(&service.get(&path).await.expect(200).json()), "{}", entity.name);
    }
}

backends!(changes_of_the_ports_at_once_leave_one_set);
async fn changes_of_the_ports_at_once_leave_one_set(service: Service) {
    let path = PORTS_PROFILE.at(&service.created(PORTS_PROFILE.path, &(PORTS_PROFILE.full)(1)).await["id"]);
    let patches = (0..12).map(|n| {
        let ports = json!([{"type": "same", "count": n + 1}, {"type": format!("own {n}")}]);
        service.request(Method::PATCH, &path).json(&json!({"ports": ports}))
    });
    let answers = together(patches).await;
    let rows: Vec<Value> = answers.into_iter().map(|answer| answer.expect(200).json()).collect();
    let after = service.get(&path).await.expect(200).json();
    assert!(rows.contains(&after));
    assert_eq!(after["ports"].as_array().map(Vec::len), Some(2));
}

backends!(deletes_at_once_succeed_once);
async fn deletes_at_once_succeed_once(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.created(entity.path, &(entity.full)(1)).await["id"]);
        let answers = together((0..8).map(|_| service.request(Method::DELETE, &path))).await;
        let deleted = answers.iter().filter(|answer| answer.status == 204).count();
        assert_eq!(deleted, 1, "{}", entity.name);
        for answer in answers.iter().filter(|answer| answer.status != 204) {
            answer.problem(404);
        }
    }
}

backends!(an_update_and_a_delete_at_once_end_well);
async fn an_update_and_a_delete_at_once_end_well(service: Service) {
    for entity in catalog() {
        for n in 0..6 {
            let path = entity.at(&service.created(entity.path, &(entity.full)(n)).await["id"]);
            let answers = together([
                service.request(Method::PATCH, &path).json(&json!({"notes": "x", "description": "x"})),
                service.request(Method::DELETE, &path),
                service.request(Method::PUT, &path).json(&(entity.full)(900)),
            ])
            .await;
            let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
            assert!([200, 404].contains(&statuses[0]) && [200, 404].contains(&statuses[2]), "{statuses:?}");
            assert_eq!(statuses[1], 204);
            service.get(&path).await.problem(404);
        }
    }
}
