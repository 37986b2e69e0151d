//! What is JSON and what is not: faults of syntax, repeated keys, depth, size (contract section 6).

use serde_json::{Value, json};

use partbook_test_support::body::{member_text, with};
use partbook_test_support::contract::{CPU, Entity, catalog};
use partbook_test_support::{Answer, Method, Service, backends};

const MIB: usize = 1 << 20;

/// The answers of POST, PUT and PATCH to a body that is written by hand.
async fn answers(service: &Service, entity: &Entity, path: &str, body: &[u8]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (method, target) in [(Method::POST, entity.path), (Method::PUT, path), (Method::PATCH, path)] {
        let request = service.request(method, target).header("content-type", "application/json").body(body);
        answers.push(request.send().await);
    }
    answers
}

backends!(malformed_json_is_refused_with_line_and_column: Sqlite);
async fn malformed_json_is_refused_with_line_and_column(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        for (body, line) in [
            ("{", 1),
            ("{\"name\": }", 1),
            ("{\n\"name\": \"x\",\n}", 3),
            ("{\"name\" \"x\"}", 1),
            ("{'name': 'x'}", 1),
            ("{\"name\": \"x\"}\n{}", 2),
            ("{\"cores\": 08}", 1),
            ("{\"cores\": NaN}", 1),
            ("{\"cores\": +8}", 1),
            ("{\"notes\": \"\\x\"}", 1),
            ("nonsense", 1),
        ] {
            for answer in answers(&service, entity, &path, body.as_bytes()).await {
                let detail = answer.problem(400).detail;
                assert!(detail.contains(&format!("line {line}")) && detail.contains("column"), "{body:?}: {detail}");
            }
        }
        for body in [&b""[..], b"  ", b"{\"notes\": \"a\nb\"}", b"{\"name\": \"\xff\"}", b"\xc3\x28"] {
            for answer in answers(&service, entity, &path, body).await {
                answer.problem(400);
            }
        }
    }
}

backends!(a_repeated_key_is_refused: Sqlite);
async fn a_repeated_key_is_refused(service: Service) {
    for entity in catalog() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        for body in [
            r#"{"name": "a", "name": "a"}"#,
            r#"{"nonsense": 1, "nonsense": 2}"#,
            r#"{"name": "a", "\u006eame": "b"}"#,
            r#"{"attributes": {"a": 1, "b": 2, "a": 1}}"#,
            r#"{"attributes": {"x": [{"a": 1, "a": 2}]}}"#,
            r#"{"nonsense": {"x": {"a": 1, "a": 2}}}"#,
            r#"{"ports": [{"type": "a", "type": "b"}]}"#,
            r#"{"weights_json": {"a": 1, "a": 1}}"#,
        ] {
            for answer in answers(&service, entity, &path, body.as_bytes()).await {
                answer.problem(400);
            }
        }
    }
}

backends!(half_a_surrogate_pair_is_no_fault_of_the_service);
async fn half_a_surrogate_pair_is_no_fault_of_the_service(service: Service) {
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    for body in [r#"{"notes": "\ud83d"}"#, r#"{"attributes": {"a": "\udda5x"}}"#, r#"{"attributes": {"\ud83d": 1}}"#] {
        for answer in answers(&service, &CPU, &path, body.as_bytes()).await {
            assert!([400, 422].contains(&answer.status), "{body}: {}", answer.status);
            answer.problem(answer.status);
        }
    }
}

/// `{"deep": …}` with so many containers around a number, the outermost and the body among them.
fn nested(depth: usize, open: &str, close: &str) -> String {
    let inner = depth - 2;
    format!("{{\"deep\":{}1{}}}", open.repeat(inner), close.repeat(inner))
}

backends!(nesting_has_a_limit_of_128_levels);
async fn nesting_has_a_limit_of_128_levels(service: Service) {
    let mut values = vec![(100_000, nested(100_000, "[", "]"))];
    for depth in [20, 127, 128, 129, 300, 5_000] {
        values.extend([(depth, nested(depth, "[", "]")), (depth, nested(depth, r#"{"a":"#, "}"))]);
    }
    let stored = service.create(&CPU, 1).await;
    for (n, (depth, value)) in values.into_iter().enumerate() {
        for field in ["attributes", "nonsense"] {
            let body = with(json!({"name": format!("{n} {field}"), "manufacturer": "x"}), field, "DEEP");
            let body = body.to_string().replace("\"DEEP\"", &value);
            let post = service.request(Method::POST, CPU.path).body_text(&body).send().await;
            if field == "attributes" && depth > 128 {
                let patch = service.request(Method::PATCH, &CPU.at(&stored["id"])).body_text(&body).send().await;
                for answer in [post, patch] {
                    let problem = answer.problem(422);
                    assert!(problem.faults.iter().all(|fault| fault.at.starts_with("#/attributes")), "{depth}");
                    assert!(problem.faults.iter().all(|fault| fault.code == "depth"), "{depth}");
                }
                continue;
            }
            // What is ignored may be as deep as it likes.
            let row = post.expect(201);
            if field == "attributes" {
                assert_eq!(member_text(row.text(), field), value);
            }
        }
    }
    assert_eq!(service.get(&CPU.at(&stored["id"])).await.expect(200).json(), stored);
}

backends!(what_is_stored_too_deep_may_come_back);
async fn what_is_stored_too_deep_may_come_back(service: Service) {
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    let value = nested(300, "[", "]");
    service.sql(&format!("update cpu set attributes_json = '{value}'")).await;
    let row = service.get(&path).await.expect(200);
    assert_eq!(member_text(row.text(), "attributes"), value);
    for method in [Method::PUT, Method::PATCH] {
        let same = service.request(method, &path).body_text(row.text()).send().await.expect(200);
        assert_eq!(same.text(), row.text());
    }
    let body = format!(r#"{{"attributes": {}}}"#, nested(301, "[", "]"));
    service.request(Method::PATCH, &path).body_text(&body).send().await.problem(422);
}

/// A body of exactly that many bytes.
fn of_size(bytes: usize) -> String {
    let empty = json!({"name": "Large", "manufacturer": "x", "notes": ""}).to_string();
    let notes: Value = "x".repeat(bytes - empty.len()).into();
    with(serde_json::from_str(&empty).expect("JSON"), "notes", notes).to_string()
}

backends!(a_body_may_have_one_mebibyte: Sqlite);
async fn a_body_may_have_one_mebibyte(service: Service) {
    let body = of_size(MIB);
    assert_eq!(body.len(), MIB);
    let row = service.request(Method::POST, CPU.path).body_text(&body).send().await.expect(201).json();
    let larger = of_size(MIB + 1);
    for entity in catalog() {
        let path = if entity.name == "cpu" { CPU.at(&row["id"]) } else { format!("{}/1", entity.path) };
        for answer in answers(&service, entity, &path, larger.as_bytes()).await {
            answer.problem(413);
        }
    }
    service.request(Method::PATCH, &CPU.at(&row["id"])).body_text(&body).send().await.expect(200);
}
