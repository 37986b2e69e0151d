//! U+0000, which JSON can say and PostgreSQL cannot store, is refused wherever it stands (contract section 1).

use serde_json::{Value, json};

use partbook_test_support::body::with;
use partbook_test_support::contract::{Entity, Kind, PORTS_PROFILE, PROFILE, catalog};
use partbook_test_support::{Method, Service, backends};

/// Demands that POST, PUT and PATCH refuse a body, with all faults under `pointer`.
async fn refused(service: &Service, entity: &Entity, path: &str, body: &Value, pointer: &str) {
    for (method, target) in [(Method::POST, entity.path), (Method::PUT, path), (Method::PATCH, path)] {
        let problem = service.request(method, target).json(body).send().await.problem(422);
        let places = problem.places();
        assert!(!places.is_empty() && places.iter().all(|place| place.starts_with(pointer)), "{body}: {places:?}");
    }
}

backends!(nul_in_a_text_is_refused);
async fn nul_in_a_text_is_refused(service: Service) {
    for entity in catalog() {
        let body = (entity.full)(1);
        let path = entity.at(&service.created(entity.path, &body).await["id"]);
        let texts = entity.limits().filter(|limit| matches!(limit.kind, Kind::Text | Kind::Choice(_)));
        for limit in texts {
            for text in ["\0", "a\0b", "nvme\0"] {
                let pointer = format!("#/{}", limit.field);
                refused(&service, entity, &path, &with(body.clone(), limit.field, text), &pointer).await;
            }
        }
    }
}

backends!(nul_in_attributes_is_refused);
async fn nul_in_attributes_is_refused(service: Service) {
    for entity in catalog().into_iter().filter(|entity| entity.limits().any(|limit| limit.field == "attributes")) {
        let body = (entity.full)(1);
        let path = entity.at(&service.created(entity.path, &body).await["id"]);
        for attributes in [
            json!({"a": "\0"}),
            json!({"a": [1, {"b": ["x\0"]}]}),
            json!({"\0": 1}),
            json!({"a": {"b\0": null}}),
            json!({"a": [{"b\0": 1}]}),
        ] {
            for name in ["attributes", "attributes_json"] {
                let mut body = body.clone();
                body.as_object_mut().expect("an object").remove("attributes");
                refused(&service, entity, &path, &with(body, name, attributes.clone()), &format!("#/{name}")).await;
            }
        }
    }
}

backends!(nul_in_a_weight_is_refused);
async fn nul_in_a_weight_is_refused(service: Service) {
    let path = PROFILE.at(&service.create(&PROFILE, 1).await["id"]);
    let body = json!({"name": "Weights", "weights_json": {"a\0": 1}});
    refused(&service, &PROFILE, &path, &body, "#/weights_json").await;
}

backends!(nul_in_a_port_is_refused);
async fn nul_in_a_port_is_refused(service: Service) {
    let path = PORTS_PROFILE.at(&service.create(&PORTS_PROFILE, 1).await["id"]);
    for port in [json!({"type": "usb\0"}), json!({"type": "usb", "spec_notes": "\0"})] {
        let body = json!({"name": "Ports", "ports": [{"type": "hdmi"}, port]});
        refused(&service, &PORTS_PROFILE, &path, &body, "#/ports/1").await;
    }
}

backends!(nul_in_an_unknown_member_is_refused);
async fn nul_in_an_unknown_member_is_refused(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        for (member, value) in [("nonsense", json!("\0")), ("non\0sense", json!(1)), ("nonsense", json!([{"\0": 1}]))] {
            refused(&service, entity, &path, &with((entity.full)(2), member, value), "#").await;
        }
    }
}

backends!(nul_in_a_query_is_refused);
async fn nul_in_a_query_is_refused(service: Service) {
    for entity in catalog() {
        let problem = service.get(&format!("{}?search=a%00b", entity.path)).await.problem(422);
        problem.at("search");
        let text = entity.limits().find(|limit| limit.kind == Kind::Text).expect("a text field").field;
        service.get(&format!("{}?{text}=%00", entity.path)).await.problem(422).at(text);
    }
}
