//! No input yields a 500, and none gets into the database that does not come out as it went in.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use partbook_test_support::contract::{CPU, Kind, entities};
use partbook_test_support::{Answer, Method, Service, backends};

/// An answer that is not about the service itself.
#[track_caller]
fn no_server_fault(answer: &Answer, input: &str) {
    assert!(answer.status < 500, "{} for {}\n{}", answer.status, &input[..input.len().min(300)], answer.text());
    if answer.status >= 400 {
        answer.problem(answer.status);
    }
}

/// Documents that parsers, databases and drivers differ on.
fn awkward_values() -> Vec<String> {
    let mut values: Vec<String> = [
        "null",
        "true",
        "-0",
        "1e400",
        "-1e400",
        "1e-400",
        "1E5",
        "0.1",
        "2147483647",
        "2147483648",
        "-2147483649",
        "9223372036854775808",
        "18446744073709551616",
        r#""""#,
        r#"" ""#,
        r#""\u0000""#,
        r#""a\u0000b""#,
        r#""\ud83d\udda5""#,
        r#""\u202e\ufeff\uffff""#,
        r#""'; drop table cpu; --""#,
        r#""%s %n \\ \" \/""#,
        r#""NaN""#,
        r#""infinity""#,
        r#""99999-01-01T00:00:00Z""#,
        "{}",
        r#"{"": {"": ""}}"#,
        r#"{"\u0000": 1}"#,
        r#"{"$serde_json::private::Number": "1"}"#,
        r#"{"$serde_json::private::RawValue": "1"}"#,
        r#"{"__proto__": {"a": 1}}"#,
        "[]",
        "[null, [], {}]",
    ]
    .map(str::to_owned)
    .into();
    values.push("9".repeat(2_000));
    values.push(format!("0.{}", "0".repeat(2_000)));
    values.push(format!("\"{}\"", "é".repeat(5_000)));
    for depth in [100, 130, 2_000] {
        values.push(format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
        values.push(format!("{}1{}", "{\"d\":".repeat(depth), "}".repeat(depth)));
    }
    values
}

backends!(awkward_values_in_every_field);
async fn awkward_values_in_every_field(service: Service) {
    for entity in entities() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        let base = (entity.minimal)(2).to_string();
        for value in awkward_values() {
            // Every field at once, and each alone where it may be taken.
            let all: Vec<String> = entity.limits().map(|limit| format!("\"{}\": {value}", limit.field)).collect();
            let all = format!("{{{}}}", all.join(","));
            for body in [all.as_str(), value.as_str()] {
                for (method, path) in [(Method::POST, entity.path), (Method::PUT, &path), (Method::PATCH, &path)] {
                    no_server_fault(&service.request(method, path).body_text(body).send().await, body);
                }
            }
            // Long ones find nothing more in a field of their own.
            for limit in entity.limits().filter(|_| value.len() < 100) {
                let body = format!("{{\"{}\": {value}}}", limit.field);
                no_server_fault(&service.request(Method::PATCH, &path).body_text(&body).send().await, &body);
            }
            let attributes = format!("{}, \"attributes\": {{\"x\": {value}}}}}", &base[..base.len() - 1]);
            no_server_fault(
                &service.request(Method::POST, entity.path).body_text(&attributes).send().await,
                &attributes,
            );
        }
        service.get(&path).await.expect(200);
        service.get(entity.path).await.expect(200);
    }
}

backends!(the_character_zero_is_refused_anywhere);
async fn the_character_zero_is_refused_anywhere(service: Service) {
    for entity in entities() {
        let row = service.create(entity, 1).await;
        for limit in entity.limits() {
            let value = match limit.kind {
                Kind::Text | Kind::Choice(_) => json!("a\u{0}b"),
                Kind::Object => json!({"x": ["a\u{0}b"]}),
                Kind::Array => json!(["https://x.example/\u{0}"]),
                _ => continue,
            };
            let mut body = (entity.minimal)(2);
            body[limit.field] = value;
            service.post(entity.path, &body).await.problem(422);
            service.patch(&entity.at(&row["id"]), &json!({limit.field: body[limit.field]})).await.problem(422);
            if limit.kind == Kind::Object {
                body[limit.field] = json!({"k\u{0}": 1});
                service.post(entity.path, &body).await.problem(422);
                body[limit.field] = json!({"x": {"k\u{0}": 1}});
                service.post(entity.path, &body).await.problem(422);
            }
        }
    }
}

backends!(awkward_queries_and_paths);
async fn awkward_queries_and_paths(service: Service) {
    let values = [
        "",
        "%00",
        "%ff",
        "%",
        "%zz",
        "'",
        "%27%20or%201=1--",
        "%25",
        "_",
        "%5C",
        "999999999999999999999",
        "-1",
        "NaN",
        "inf",
        "1e400",
        "%F0%9F%96%A5",
        "+",
        "&",
        "=",
        "[]",
        "a%0Ab",
        "0x10",
        "١",
        "%ED%A0%80",
    ];
    for entity in entities() {
        let id = service.create(entity, 1).await["id"].clone();
        let scalars = entity.limits().filter(|limit| !matches!(limit.kind, Kind::Object | Kind::Array));
        let mut names: Vec<String> = scalars.map(|limit| limit.field.to_owned()).collect();
        names.extend(
            ["search", "limit", "offset", "sort", "cursor", "id", "created_at", "min_id", "", "%00"].map(str::to_owned),
        );
        for value in values {
            // All at once, which finds a fault of each; and each alone, where some of them would be taken.
            let all: Vec<String> = names.iter().map(|name| format!("{name}={value}")).collect();
            let alone = all.iter().filter(|_| ["", "'", "-1", "%ff", "١", "999999999999999999999"].contains(&value));
            for query in alone.cloned().chain([all.join("&")]) {
                let query = format!("{}?{query}", entity.path);
                no_server_fault(&service.get(&query).await, &query);
            }
            for path in [
                format!("{}/{value}", entity.path),
                format!("{}/{id}/listings?limit={value}&offset={value}", entity.path),
                format!("/v1/fields-data/{}/records?limit={value}&offset={value}", entity.name),
                format!("/v1/fields-data/{value}/schema"),
            ] {
                no_server_fault(&service.get(&path).await, &path);
            }
        }
        let long = format!("{}?search={}", entity.path, "a".repeat(8_000));
        no_server_fault(&service.get(&long).await, &long);
        let repeated = format!("{}?{}", entity.path, "limit=1&".repeat(500));
        no_server_fault(&service.get(&repeated).await, &repeated);
    }
}

backends!(awkward_headers: Sqlite);
async fn awkward_headers(service: Service) {
    for (name, value) in [
        ("Accept", "image/png"),
        ("Accept-Encoding", "gzip, br;q=1.0, *;q=0"),
        ("Accept-Encoding", "nonsense"),
        ("Prefer", "count=warp"),
        ("Prefer", "count=exact, count=exact; x=\"y"),
        ("Range", "bytes=0-1"),
        ("Content-Encoding", "gzip"),
        ("Expect", "nonsense"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("Cookie", "a=b"),
        ("Origin", "\u{fffd}"),
        ("Content-Type", "application/json; charset=\"\u{fffd}"),
    ] {
        for path in [CPU.path, "/v1/listings", "/health"] {
            let answer = service.request(Method::GET, path).header(name, value).send().await;
            assert!(answer.status < 500 || answer.status == 417, "{name}: {value}");
        }
    }
}

/// Any JSON, small.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-2_i64..3_000).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["ddr4", "nvme", "used", "https://x.example/", "usb_a"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

backends!(any_body_is_answered);
async fn any_body_is_answered(service: Service) {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let mut draw = || any_json().new_tree(&mut runner).expect("a value").current();
    for entity in entities() {
        let fields: Vec<&str> = entity.limits().map(|limit| limit.field).collect();
        let path = entity.at(&service.create(entity, 1).await["id"]);
        for n in 0..60 {
            let mut body = (entity.minimal)(n + 2);
            for (index, field) in fields.iter().enumerate() {
                // One field in four, another one each time.
                if (index + n as usize).is_multiple_of(4) {
                    body[*field] = draw();
                }
            }
            let text = body.to_string();
            for answer in [
                service.post(entity.path, &body).await,
                service.patch(&path, &body).await,
                service.put(&path, &body).await,
            ] {
                no_server_fault(&answer, &text);
                if answer.status < 300 {
                    let row = answer.json();
                    assert_eq!(service.get(&entity.at(&row["id"])).await.expect(200).json(), row);
                }
            }
        }
        service.get(&format!("{}?limit=200", entity.path)).await.expect(200);
    }
}
