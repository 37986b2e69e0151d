//! PATCH merges (RFC 7396), with one leniency under `application/json` (contract section 2).

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use serde_json::{Value, json};

use partbook_test_support::body::{with, without};
use partbook_test_support::contract::{CPU, GPU, Kind, PROFILE, catalog};
use partbook_test_support::{Method, Service, backends, property};

backends!(what_is_absent_stays_and_what_is_given_changes);
async fn what_is_absent_stays_and_what_is_given_changes(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.created(entity.path, &(entity.full)(1)).await["id"]);
        let other = service.create(entity, 900).await;
        for limit in entity.limits().filter(|limit| !matches!(limit.kind, Kind::Object | Kind::Array | Kind::Boolean)) {
            let before = service.get(&path).await.expect(200).json();
            let value = match limit.kind {
                Kind::Text => json!("changed"),
                Kind::Integer => json!(before[limit.field].as_i64().expect("a number") - 1),
                _ => json!("unknown"),
            };
            let after = service.patch(&path, &json!({limit.field: value})).await.expect(200).json();
            let moved = after["updated_at"].clone();
            assert_eq!(after, with(with(before, limit.field, value), "updated_at", moved));
            assert_eq!(service.get(&path).await.expect(200).json(), after);
        }
        assert_eq!(service.get(&entity.at(&other["id"])).await.expect(200).json(), other);
    }
}

backends!(null_clears_or_restores_the_default);
async fn null_clears_or_restores_the_default(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.created(entity.path, &(entity.full)(1)).await["id"]);
        for limit in entity.limits() {
            let change = json!({limit.field: null});
            for request in [
                service.request(Method::PATCH, &path).json(&change),
                service.request(Method::PATCH, &path).merge_patch(&change),
            ] {
                let answer = request.send().await;
                if limit.required {
                    assert_eq!(answer.problem(422).places(), [format!("#/{}", limit.field)]);
                } else {
                    assert_eq!(answer.expect(200).json()[limit.field], limit.default_value(), "{}", limit.field);
                }
                service.put(&path, &(entity.full)(1)).await.expect(200);
            }
        }
    }
}

/// RFC 7396, appendix A, as far as attributes, always an object, can say it; and what its text adds.
const RFC_7396: [(&str, &str, &str); 15] = [
    (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
    (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
    (r#"{"a":"b"}"#, r#"{"a":null}"#, r"{}"),
    (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
    (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
    (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
    (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
    (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
    (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
    (r"{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    (r#"{"a":1}"#, r#"{"a":{"b":{"c":1,"d":null}}}"#, r#"{"a":{"b":{"c":1}}}"#),
    (r#"{"a":{"b":1}}"#, r#"{"a":[]}"#, r#"{"a":[]}"#),
    (r#"{"a":{"b":1}}"#, r#"{"a":{}}"#, r#"{"a":{"b":1}}"#),
    (r#"{"a":1}"#, r#"{"a":[null,{"b":null}]}"#, r#"{"a":[null,{"b":null}]}"#),
    (r#"{"e":null,"f":{"g":null}}"#, r#"{"e":null,"f":{"g":null}}"#, r#"{"f":{}}"#),
];

fn parse(json: &str) -> Value {
    serde_json::from_str(json).expect("JSON")
}

backends!(attributes_merge_as_the_rfc_has_it);
async fn attributes_merge_as_the_rfc_has_it(service: Service) {
    for entity in catalog().into_iter().filter(|entity| entity.name != "profile") {
        let body = (entity.full)(1);
        let path = entity.at(&service.created(entity.path, &body).await["id"]);
        for (target, change, result) in RFC_7396 {
            for name in ["attributes", "attributes_json"] {
                service.put(&path, &with(body.clone(), "attributes", parse(target))).await.expect(200);
                let change = json!({name: parse(change)});
                let row = service.request(Method::PATCH, &path).merge_patch(&change).send().await.expect(200).json();
                assert_eq!(row["attributes"], parse(result), "{target} and {change}");
            }
        }
    }
}

backends!(weights_merge_key_by_key);
async fn weights_merge_key_by_key(service: Service) {
    let body = with((PROFILE.full)(1), "weights_json", json!({"a": 1, "b": 2.5}));
    let path = PROFILE.at(&service.created(PROFILE.path, &body).await["id"]);
    for (change, result) in [
        (json!({"b": 3}), json!({"a": 1, "b": 3})),
        (json!({"c": 0.25, "a": null}), json!({"b": 3, "c": 0.25})),
        (json!({}), json!({"b": 3, "c": 0.25})),
        (json!({"none": null}), json!({"b": 3, "c": 0.25})),
        (json!({"b": null, "c": null}), json!({})),
    ] {
        let row = service.patch(&path, &json!({"weights_json": change})).await.expect(200).json();
        assert_eq!(row["weights_json"], result, "{change}");
    }
    let problem = service.patch(&path, &json!({"weights_json": {"a": "x"}})).await.problem(422);
    assert_eq!(problem.places(), ["#/weights_json/a"]);
}

backends!(a_null_that_meets_a_null_stays_under_plain_json);
async fn a_null_that_meets_a_null_stays_under_plain_json(service: Service) {
    let stored = json!({"a": null, "b": {"c": null, "d": 1}, "e": 5, "f": [null]});
    for entity in catalog().into_iter().filter(|entity| entity.name != "profile") {
        let body = with((entity.full)(1), "attributes", stored.clone());
        let row = service.created(entity.path, &body).await;
        assert_eq!(row["attributes"], stored);
        let path = entity.at(&row["id"]);
        // The frontend saves the whole object, nulls included.
        let whole = json!({"attributes": stored, "attributes_json": stored});
        assert_eq!(service.patch(&path, &whole).await.expect(200).json(), row);
        let changed = with(stored.clone(), "e", 6);
        let row = service.patch(&path, &json!({"attributes": changed})).await.expect(200).json();
        assert_eq!(row["attributes"], changed);
        // A null that meets something removes all the same.
        let row = service.patch(&path, &json!({"attributes": {"e": null, "b": {"d": null}}})).await.expect(200).json();
        assert_eq!(row["attributes"], json!({"a": null, "b": {"c": null}, "f": [null]}));

        let change = json!({"attributes": {"a": null, "b": {"c": null}}});
        let row = service.request(Method::PATCH, &path).merge_patch(&change).send().await.expect(200).json();
        assert_eq!(row["attributes"], json!({"b": {}, "f": [null]}));
    }
}

/// RFC 7396, section 2, and the leniency: whether a null that meets a null leaves it.
fn merge(target: &Value, patch: &Value, lenient: bool) -> Value {
    let Value::Object(members) = patch else {
        return patch.clone();
    };
    let mut merged = target.as_object().cloned().unwrap_or_default();
    for (key, value) in members {
        if !value.is_null() {
            let merging = merge(merged.get(key).unwrap_or(&Value::Null), value, lenient);
            merged.insert(key.clone(), merging);
        } else if !(lenient && merged.get(key).is_some_and(Value::is_null)) {
            merged.remove(key);
        }
    }
    merged.into()
}

/// Objects over few keys, so that patches meet what is stored.
fn objects() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => Just(Value::Null),
        2 => (0..2_i64).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => "[a~é\"]{0,1}".prop_map(Value::from),
    ];
    let key = "[a/]";
    let value = leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..2).prop_map(Value::from),
            3 => prop::collection::btree_map(key, inner, 0..3).prop_map(|members| members.into_iter().collect()),
        ]
    });
    prop::collection::btree_map(key, value, 0..3).prop_map(|members| members.into_iter().collect())
}

backends!(attributes_merge_as_the_reference_does);
async fn attributes_merge_as_the_reference_does(service: Service) {
    service.create(&GPU, 1).await;
    let inputs = || (objects(), objects(), 0..3, any::<bool>());
    property(service, 160, inputs, async |service: &Service, (target, change, sent, lenient)| {
        let change = match sent {
            0 => change,
            // Clients send back what they were answered, changed in part or not at all.
            1 => merge(&target, &change, true),
            _ => target.clone(),
        };
        let row = service.get(GPU.path).await.expect(200).array().remove(0);
        let path = GPU.at(&row["id"]);
        let body = with(without(row, "attributes_json"), "attributes", target.clone());
        let stored = service.put(&path, &body).await.expect(200).json();
        assert_eq!(stored["attributes"], target);
        let request = service.request(Method::PATCH, &path);
        let body = json!({"attributes": change});
        let request = if lenient { request.json(&body) } else { request.merge_patch(&body) };
        let expected = merge(&target, &change, lenient);
        let patched = request.send().await.expect(200).json();
        assert_eq!(patched["attributes"], expected, "lenient: {lenient}");
        assert_eq!(patched["updated_at"] == stored["updated_at"], expected == target, "lenient: {lenient}");
    })
    .await;
}

backends!(attributes_stay_an_object);
async fn attributes_stay_an_object(service: Service) {
    for entity in catalog().into_iter().filter(|entity| entity.name != "profile") {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let path = entity.at(&row["id"]);
        for value in [json!([]), json!("x"), json!(1), json!(false)] {
            let problem = service.patch(&path, &json!({"attributes": value})).await.problem(422);
            assert_eq!(problem.places(), ["#/attributes"]);
        }
        assert_eq!(service.get(&path).await.expect(200).json(), row);
    }
}

backends!(an_empty_patch_changes_nothing);
async fn an_empty_patch_changes_nothing(service: Service) {
    let row = service.created(CPU.path, &(CPU.full)(1)).await;
    let path = CPU.at(&row["id"]);
    assert_eq!(service.patch(&path, &json!({})).await.expect(200).json(), row);
    assert_eq!(service.patch(&path, &json!({"attributes": {}})).await.expect(200).json(), row);
}
