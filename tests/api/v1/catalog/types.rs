//! Values of a wrong type, and every fault of a body at once (contract sections 1 and 6).

use serde_json::{Value, json};

use partbook_test_support::body::with;
use partbook_test_support::contract::{CPU, Kind, Limit, PROFILE, RAM_SPEC, STORAGE_PROFILE, catalog};
use partbook_test_support::{Method, Service, backends};

/// Values that are no value of a kind.
fn wrong(kind: Kind) -> Vec<Value> {
    let (text, number) = (json!("x"), json!(5));
    let (truth, array, object) = (json!(true), json!([1]), json!({"a": 1}));
    match kind {
        Kind::Text => vec![number, truth, array, object],
        Kind::Integer => vec![text, json!("8"), truth, array, object],
        Kind::Boolean => vec![text, number, array, object],
        Kind::Choice(_) => vec![text, number, truth, array, object],
        Kind::Object => vec![text, number, truth, array],
        Kind::Array => vec![text, number, truth, object],
        Kind::Number | Kind::Reference(_) | Kind::Date => vec![text, truth, array, object],
    }
}

backends!(a_value_of_another_type_is_refused: Sqlite);
async fn a_value_of_another_type_is_refused(service: Service) {
    for entity in catalog() {
        let body = (entity.full)(1);
        let path = entity.at(&service.created(entity.path, &body).await["id"]);
        for limit in entity.limits() {
            for value in wrong(limit.kind) {
                let faulty = with(body.clone(), limit.field, value.clone());
                for answer in [
                    service.post(entity.path, &faulty).await,
                    service.put(&path, &faulty).await,
                    service.patch(&path, &json!({limit.field: value})).await,
                ] {
                    let problem = answer.problem(422);
                    let pointer = format!("#/{}", limit.field);
                    // An array may be the right type and its element the wrong one.
                    let places = problem.places();
                    assert!(places.iter().all(|place| place.starts_with(&pointer)), "{value}: {places:?}");
                }
            }
        }
    }
}

/// Something that a field refuses: past its bound where it has one, else of a wrong type.
fn faulty(limit: &Limit) -> Value {
    match (limit.min, limit.max_len) {
        (Some(min), _) => json!(min - 1),
        (None, Some(max)) => json!("x".repeat(max + 1)),
        (None, None) => wrong(limit.kind).remove(0),
    }
}

backends!(every_fault_is_reported_at_once: Sqlite);
async fn every_fault_is_reported_at_once(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        let body = entity.limits().fold(json!({}), |body, limit| with(body, limit.field, faulty(limit)));
        for method in [Method::POST, Method::PUT, Method::PATCH] {
            let target = if method == Method::POST { entity.path } else { &path };
            let problem = service.request(method.clone(), target).json(&body).send().await.problem(422);
            for limit in entity.limits() {
                problem.at(&format!("#/{}", limit.field));
            }
            assert_eq!(problem.faults.len(), entity.limits().count(), "{method}: {:#}", problem.json);
        }
    }
}

backends!(a_missing_field_is_reported_beside_the_others: Sqlite);
async fn a_missing_field_is_reported_beside_the_others(service: Service) {
    let problem = service.post(CPU.path, &json!({"cores": 0, "threads": "x", "socket": null})).await.problem(422);
    let mut places = problem.places();
    places.sort_unstable();
    assert_eq!(places, ["#/cores", "#/manufacturer", "#/name", "#/threads"]);
    assert_eq!(problem.at("#/cores").detail, "must be between 1 and 1024");
    assert_eq!(problem.at("#/cores").code, "range");
}

backends!(a_body_that_is_no_object_is_refused: Sqlite);
async fn a_body_that_is_no_object_is_refused(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        for body in [json!([]), json!([{}]), json!("x"), json!(5), json!(true), Value::Null] {
            for answer in [
                service.post(entity.path, &body).await,
                service.put(&path, &body).await,
                service.patch(&path, &body).await,
            ] {
                assert_eq!(answer.problem(422).places(), ["#"], "{body}");
            }
        }
    }
}

backends!(weights_are_finite_numbers: Sqlite);
async fn weights_are_finite_numbers(service: Service) {
    let row = service.created(PROFILE.path, &(PROFILE.full)(1)).await;
    let path = PROFILE.at(&row["id"]);
    for value in ["\"0.5\"", "true", "{}", "[1]", "1e400", "-1e999"] {
        let weights = format!("{{\"weights_json\": {{\"fine\": 1, \"bad\": {value}}}, \"name\": \"Weights\"}}");
        for (method, target) in [(Method::POST, PROFILE.path), (Method::PUT, &path), (Method::PATCH, &path)] {
            let problem = service.request(method, target).body_text(&weights).send().await.problem(422);
            assert_eq!(problem.places(), ["#/weights_json/bad"], "{value}");
        }
    }
    // In a merge patch null removes; elsewhere it is no number.
    let body = json!({"name": "Weights", "weights_json": {"bad": null}});
    assert_eq!(service.post(PROFILE.path, &body).await.problem(422).places(), ["#/weights_json/bad"]);
    for value in ["0", "-3", "0.1", "1e308", "123456789012345678901234567890", "5e-324"] {
        let weights = format!("{{\"weights_json\": {{\"fine\": {value}}}}}");
        service.request(Method::PATCH, &path).body_text(&weights).send().await.expect(200);
    }
}

backends!(a_word_outside_a_list_is_refused_with_the_list: Sqlite);
async fn a_word_outside_a_list_is_refused_with_the_list(service: Service) {
    for entity in [&RAM_SPEC, &STORAGE_PROFILE] {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        let choices = entity.limits().filter_map(|limit| match limit.kind {
            Kind::Choice(values) => Some((limit.field, values)),
            _ => None,
        });
        for (field, values) in choices {
            for word in ["floppy", "ddrx", "ddr6"] {
                let body = with((entity.minimal)(1), field, word);
                for answer in [
                    service.post(entity.path, &body).await,
                    service.put(&path, &body).await,
                    service.patch(&path, &json!({field: word})).await,
                ] {
                    let problem = answer.problem(422);
                    let fault = problem.at(&format!("#/{field}"));
                    for value in values {
                        assert!(fault.detail.contains(value), "{}", fault.detail);
                    }
                }
            }
        }
    }
}
