//! `attributes`: the caller's own keys under two names, kept as they were written (contract section 1).

use serde_json::{Value, json};

use partbook_test_support::body::{member_text, with, without};
use partbook_test_support::contract::{Entity, catalog};
use partbook_test_support::{Answer, Method, Service, backends};

/// Keys out of order, numbers that a double would write differently or not hold, nulls, and texts of all sorts.
const AWKWARD: &str = concat!(
    r#"{"zeta":1.10,"alpha":1e2,"Beta":1E+2,"":-0,"n":[12345678901234567890,0.1000,-1.50e-07,null],"#,
    r#""o":{"z":null,"a":{"n":null},"b":[]},"t":"é 🖥 %_' $1","nul":null,"e":{}}"#
);

fn with_attributes() -> impl Iterator<Item = &'static Entity> {
    catalog().into_iter().filter(|entity| entity.limits().any(|limit| limit.field == "attributes"))
}

/// The body's text with `attributes` written by hand under that name.
fn body_text(body: &Value, name: &str, attributes: &str) -> String {
    let body = with(without(body.clone(), "attributes"), name, "ATTRIBUTES").to_string();
    body.replace("\"ATTRIBUTES\"", attributes)
}

#[track_caller]
fn both_are(answer: &Answer, attributes: &str) {
    assert_eq!(member_text(answer.text(), "attributes"), attributes);
    assert_eq!(member_text(answer.text(), "attributes_json"), attributes);
}

backends!(what_goes_in_comes_out);
async fn what_goes_in_comes_out(service: Service) {
    for entity in with_attributes() {
        for (n, name) in [(1, "attributes"), (2, "attributes_json")] {
            let post = body_text(&(entity.full)(n), name, AWKWARD);
            let created = service.request(Method::POST, entity.path).body_text(&post).send().await.expect(201);
            both_are(&created, AWKWARD);
            let path = entity.at(&created.json()["id"]);
            both_are(&service.get(&path).await.expect(200), AWKWARD);

            let other = AWKWARD.replace("1e2", "100.0");
            let put = body_text(&(entity.full)(n), name, &other);
            both_are(&service.request(Method::PUT, &path).body_text(&put).send().await.expect(200), &other);
            service.patch(&path, &json!({"attributes": null})).await.expect(200);
            // A merge patch cannot write nulls: those would remove.
            let text = r#"{"z":1.10,"a":[null,1e2],"M":12345678901234567890}"#;
            let change = format!("{{\"{name}\": {text}}}");
            both_are(&service.request(Method::PATCH, &path).body_text(&change).send().await.expect(200), text);
            both_are(&service.get(&path).await.expect(200), text);
        }
        let list = service.get(entity.path).await.expect(200);
        assert!(list.text().contains("12345678901234567890"), "numbers keep their text in lists");
    }
}

backends!(a_number_that_no_double_holds_is_refused);
async fn a_number_that_no_double_holds_is_refused(service: Service) {
    for entity in with_attributes() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        for name in ["attributes", "attributes_json"] {
            for attributes in [r#"{"n": 1e400}"#, r#"{"a": [{"n": -1e999}]}"#] {
                let body = body_text(&(entity.full)(2), name, attributes);
                for (method, target) in
                    [(Method::POST, entity.path), (Method::PUT, path.as_str()), (Method::PATCH, path.as_str())]
                {
                    let problem = service.request(method, target).body_text(&body).send().await.problem(422);
                    let places = problem.places();
                    assert!(places.len() == 1 && places[0].starts_with(&format!("#/{name}/")), "{places:?}");
                }
            }
        }
    }
}

backends!(both_names_may_be_given_when_they_are_equal);
async fn both_names_may_be_given_when_they_are_equal(service: Service) {
    for entity in with_attributes() {
        let body = (entity.full)(1);
        let both = with(body.clone(), "attributes_json", body["attributes"].clone());
        let row = service.created(entity.path, &both).await;
        assert_eq!(row["attributes"], body["attributes"]);
        let path = entity.at(&row["id"]);
        let changed = json!({"attributes": {"changed": 1}, "attributes_json": {"changed": 1}});
        let row = service.patch(&path, &changed).await.expect(200).json();
        assert_eq!(row["attributes"]["changed"], 1);
        let body = with(with(body, "attributes", json!({"k": 2})), "attributes_json", json!({"k": 2}));
        assert_eq!(service.put(&path, &body).await.expect(200).json()["attributes_json"], json!({"k": 2}));
    }
}

backends!(of_two_names_the_changed_one_wins);
async fn of_two_names_the_changed_one_wins(service: Service) {
    let (stored, changed) = (json!({"a": 1, "b": {"c": [2]}}), json!({"a": 1, "b": {"c": [3]}}));
    for entity in with_attributes() {
        let body = with((entity.full)(1), "attributes", stored.clone());
        let path = entity.at(&service.created(entity.path, &body).await["id"]);
        for (first, second) in [(&stored, &changed), (&changed, &stored)] {
            let both = json!({"attributes": first, "attributes_json": second});
            // As the frontend saves: the whole row with both names.
            let whole = with(with(body.clone(), "attributes", first.clone()), "attributes_json", second.clone());
            for (method, sent) in [(Method::PATCH, &both), (Method::PUT, &whole), (Method::PATCH, &whole)] {
                let row = service.request(method, &path).json(sent).send().await.expect(200).json();
                assert_eq!(row["attributes"], changed);
                assert_eq!(row["attributes_json"], changed);
                service.put(&path, &body).await.expect(200);
            }
        }
        let row = service.patch(&path, &json!({"attributes": stored, "attributes_json": stored})).await;
        assert_eq!(row.expect(200).json()["attributes"], stored);
    }
}

backends!(two_names_that_disagree_are_refused);
async fn two_names_that_disagree_are_refused(service: Service) {
    let (one, other) = (json!({"k": "one"}), json!({"k": "other"}));
    for entity in with_attributes() {
        let body = with((entity.full)(1), "attributes", json!({"k": "stored"}));
        let path = entity.at(&service.created(entity.path, &body).await["id"]);
        let both = with(with((entity.full)(2), "attributes", one.clone()), "attributes_json", other.clone());
        for answer in [
            service.post(entity.path, &both).await,
            service.put(&path, &both).await,
            service.patch(&path, &json!({"attributes": one, "attributes_json": other})).await,
        ] {
            let problem = answer.problem(422);
            assert!(problem.places().iter().all(|place| place.starts_with("#/attributes")), "{:#}", problem.json);
        }
    }
}

backends!(attributes_go_back_to_an_empty_object);
async fn attributes_go_back_to_an_empty_object(service: Service) {
    for entity in with_attributes() {
        let full = (entity.full)(1);
        let path = entity.at(&service.created(entity.path, &full).await["id"]);
        for name in ["attributes", "attributes_json"] {
            both_are(&service.patch(&path, &json!({name: null})).await.expect(200), "{}");
            service.put(&path, &full).await.expect(200);
            let without = without(full.clone(), "attributes");
            both_are(&service.put(&path, &with(without.clone(), name, Value::Null)).await.expect(200), "{}");
            service.put(&path, &full).await.expect(200);
            both_are(&service.put(&path, &without).await.expect(200), "{}");
            service.put(&path, &full).await.expect(200);
        }
    }
}

backends!(a_fault_is_where_the_body_has_it);
async fn a_fault_is_where_the_body_has_it(service: Service) {
    for entity in with_attributes() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        for name in ["attributes", "attributes_json"] {
            for value in [json!([]), json!("x"), json!(5)] {
                let body = with(without((entity.full)(2), "attributes"), name, value.clone());
                for answer in [
                    service.post(entity.path, &body).await,
                    service.put(&path, &body).await,
                    service.patch(&path, &json!({name: value})).await,
                ] {
                    assert_eq!(answer.problem(422).places(), [format!("#/{name}")]);
                }
            }
        }
    }
}

backends!(no_key_and_no_number_has_a_secret_meaning);
async fn no_key_and_no_number_has_a_secret_meaning(service: Service) {
    let digits = "7".repeat(50_000);
    for attributes in [
        r#"{"$serde_json::private::RawValue":"[1"}"#.to_owned(),
        r#"{"a":{"$serde_json::private::Number":"1"}}"#.to_owned(),
        r#"{"a":{"$serde_json::private::RawValue":null,"b":1}}"#.to_owned(),
        r#"{"__proto__":{"id":1},"constructor":"x","id":5,"$1":"$1","{}":"{}","?":"?"}"#.to_owned(),
        r#"{"a/b":1,"a~b":2," ":3,"é":4,"🖥":5,"%":6,"'":7,";--":8}"#.to_owned(),
        format!("{{\"long\":0.{digits}}}"),
        format!("{{\"{digits}\":\"{digits}\"}}"),
    ] {
        for entity in with_attributes() {
            let body = body_text(&(entity.full)(1), "attributes", &attributes);
            let created = service.request(Method::POST, entity.path).body_text(&body).send().await.expect(201);
            both_are(&created, &attributes);
            // A `Value` of the answer would mean something else.
            let path = created.header("location").expect("201 carries Location").to_owned();
            let change = format!("{{\"attributes\": {attributes}, \"notes\": \"same\"}}");
            both_are(&service.request(Method::PATCH, &path).body_text(&change).send().await.expect(200), &attributes);
            both_are(&service.get(&path).await.expect(200), &attributes);
            service.delete(&path).await.expect(204);
        }
    }
}
