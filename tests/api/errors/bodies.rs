//! Bodies that are too long, no JSON, or JSON that says something else than it seems to.

use serde_json::json;

use partbook_test_support::contract::{CPU, entities};
use partbook_test_support::{Answer, Method, Service, backends};

const LIMIT: usize = 1 << 20;

async fn post(service: &Service, path: &str, body: &str) -> Answer {
    service.request(Method::POST, path).body_text(body).send().await
}

backends!(malformed_json_is_placed: Sqlite);
async fn malformed_json_is_placed(service: Service) {
    for (body, line, column) in [
        ("{", 1, 1),
        ("{\n  \"name\": \"x\",\n  }", 3, 3),
        ("{\"name\": 'x'}", 1, 10),
        ("{\"name\": \"x\"} {}", 1, 15),
        ("{\"cores\": 01}", 1, 12),
        ("{\"cores\": NaN}", 1, 11),
        ("{\"name\": \"a\nb\"}", 1, 10),
    ] {
        for entity in entities() {
            let problem = post(&service, entity.path, body).await.problem(400);
            assert!(problem.detail.contains(&format!("line {line}")), "{body}: {}", problem.detail);
            // Parsers differ by one on where a column counts from.
            let near = (column..=column + 1).any(|column| problem.detail.contains(&format!("column {column}")));
            assert!(near, "{body}: {}", problem.detail);
        }
    }
    for body in ["", " ", "nul", "\u{feff}{}", "{\"name\": \"\\ud800\"}", "{\"name\": \"\\x\"}"] {
        post(&service, CPU.path, body).await.problem(400);
    }
    let request = service.request(Method::POST, CPU.path).header("Content-Type", "application/json");
    request.body(&b"{\"name\": \"\xff\"}"[..]).send().await.problem(400);
}

backends!(a_repeated_key_is_refused: Sqlite);
async fn a_repeated_key_is_refused(service: Service) {
    let row = service.create(&CPU, 1).await;
    for body in [
        r#"{"name": "a", "manufacturer": "b", "name": "a"}"#,
        r#"{"name": "a", "manufacturer": "b", "n\u0061me": "c"}"#,
        r#"{"name": "a", "manufacturer": "b", "attributes": {"x": {"y": 1, "y": 2}}}"#,
        r#"{"name": "a", "manufacturer": "b", "unknown": [{"y": 1, "y": 2}]}"#,
    ] {
        let problem = post(&service, CPU.path, body).await.problem(400);
        assert!(problem.detail.contains("line 1"), "{}", problem.detail);
        for method in [Method::PUT, Method::PATCH] {
            service.request(method, &CPU.at(&row["id"])).body_text(body).send().await.problem(400);
        }
    }
    assert_eq!(service.get(CPU.path).await.array(), [row]);
}

backends!(a_body_over_the_limit_is_refused: Sqlite);
async fn a_body_over_the_limit_is_refused(service: Service) {
    let body = json!({"name": "x", "manufacturer": "y"}).to_string();
    let padded = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    post(&service, CPU.path, &padded(LIMIT)).await.expect(201);
    let problem = post(&service, CPU.path, &padded(LIMIT + 1)).await.problem(413);
    assert!(problem.detail.contains("MiB") || problem.detail.contains("1048576"), "{}", problem.detail);
    let path = CPU.at(&json!(1));
    for method in [Method::PUT, Method::PATCH] {
        service.request(method, &path).body_text(&padded(LIMIT + 1)).send().await.problem(413);
    }
    service.get("/livez").await.expect(200);
}

/// A body of so many values, five of which it has anyway.
fn of_values(name: &str, values: usize) -> String {
    let zeros = vec!["0"; values - 5].join(",");
    format!(r#"{{"name":"{name}","manufacturer":"y","attributes":{{"a":0}},"unknown":[{zeros}]}}"#)
}

backends!(a_body_of_too_many_values_is_refused: Sqlite);
async fn a_body_of_too_many_values_is_refused(service: Service) {
    const VALUES: usize = 50_000;
    let row = post(&service, CPU.path, &of_values("most", VALUES)).await.expect(201).json();
    let path = CPU.at(&row["id"]);
    for method in [Method::PUT, Method::PATCH] {
        service.request(method.clone(), &path).body_text(&of_values("most", VALUES)).send().await.expect(200);
        let problem =
            service.request(method, &path).body_text(&of_values("over", VALUES + 1)).send().await.problem(413);
        assert!(problem.detail.contains("more than 50000 values"), "{}", problem.detail);
    }
    // Whatever the values are, and wherever they stand.
    let objects = vec![r#"{"":0}"#; VALUES / 2].join(",");
    for body in [of_values("over", VALUES + 1), format!("[{objects},0]"), format!(r#"{{"attributes":[{objects}]}}"#)] {
        for path in [CPU.path, "/v1/fields", "/v1/fields-data/cpu/records"] {
            post(&service, path, &body).await.problem(413);
        }
        // Before the syntax, and where it says that it is JSON.
        post(&service, CPU.path, &body[..body.len() - 1]).await.problem(413);
        let other = service.request(Method::POST, CPU.path).header("Content-Type", "text/plain").body(body.as_str());
        other.send().await.problem(415);
    }
    assert_eq!(service.get(CPU.path).await.array().len(), 1);
}

backends!(a_body_of_another_kind_is_refused: Sqlite);
async fn a_body_of_another_kind_is_refused(service: Service) {
    let row = service.create(&CPU, 1).await;
    let body = json!({"name": "x", "manufacturer": "y"}).to_string();
    for kind in [
        None,
        Some("text/plain"),
        Some("application/xml"),
        Some("text/json"),
        Some("json"),
        Some(""),
        Some("application/jsonp"),
    ] {
        for (method, path) in [
            (Method::POST, CPU.path.to_owned()),
            (Method::PUT, CPU.at(&row["id"])),
            (Method::PATCH, CPU.at(&row["id"])),
        ] {
            let mut request = service.request(method, &path);
            if let Some(kind) = kind {
                request = request.header("Content-Type", kind);
            }
            let problem = request.body(body.as_str()).send().await.problem(415);
            assert!(problem.detail.contains("application/json"), "what would do: {}", problem.detail);
        }
    }
    let mut n = 0;
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
        n += 1;
        let body = json!({"name": format!("x{n}"), "manufacturer": "y"}).to_string();
        service.request(Method::POST, CPU.path).header("Content-Type", kind).body(body).send().await.expect(201);
    }
    service.request(Method::PATCH, &CPU.at(&row["id"])).merge_patch(&json!({"notes": "n"})).send().await.expect(200);
}

backends!(a_body_that_is_no_object_is_refused: Sqlite);
async fn a_body_that_is_no_object_is_refused(service: Service) {
    for entity in entities() {
        let row = service.create(entity, 1).await;
        for body in ["null", "true", "5", "\"x\"", "[]", "[{}]"] {
            for (method, path) in [
                (Method::POST, entity.path.to_owned()),
                (Method::PUT, entity.at(&row["id"])),
                (Method::PATCH, entity.at(&row["id"])),
            ] {
                let problem = service.request(method, &path).body_text(body).send().await.problem(422);
                assert_eq!(problem.places(), ["#"], "{body}");
            }
        }
    }
}

backends!(every_fault_is_said_at_once);
async fn every_fault_is_said_at_once(service: Service) {
    let body = json!({
        "name": "", "manufacturer": 5, "socket": "x".repeat(65), "cores": 0, "threads": "many", "tdp_w": 1.5,
        "cpu_mark_multi": -1, "release_year": 2_101, "attributes": [], "notes": "a\u{0}b",
    });
    let expected = [
        ("#/attributes", "type"),
        ("#/cores", "range"),
        ("#/cpu_mark_multi", "range"),
        ("#/manufacturer", "type"),
        ("#/name", "length"),
        ("#/notes", ""),
        ("#/release_year", "range"),
        ("#/socket", "length"),
        ("#/tdp_w", "type"),
        ("#/threads", "type"),
    ];
    let problem = service.post(CPU.path, &body).await.problem(422);
    let mut places = problem.places();
    places.sort_unstable();
    assert_eq!(places, expected.map(|(place, _)| place));
    for (place, code) in expected {
        assert!(code.is_empty() || problem.at(place).code == code, "{place}: {}", problem.at(place).code);
    }
    assert_eq!(problem.at("#/cores").detail, "must be between 1 and 1024");
    // On PATCH as well, and under the pointer of the part where it is.
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    assert_eq!(service.patch(&path, &body).await.problem(422).faults.len(), expected.len());
    let ports =
        json!({"name": "P", "ports": [{"type": "a"}, {"count": 0}, {"type": "", "count": "x", "spec_notes": 5}]});
    let problem = service.post("/v1/catalog/ports-profiles", &ports).await.problem(422);
    let mut places = problem.places();
    places.sort_unstable();
    assert_eq!(
        places,
        ["#/ports/1/count", "#/ports/1/type", "#/ports/2/count", "#/ports/2/spec_notes", "#/ports/2/type"]
    );
}

backends!(a_pointer_is_escaped: Sqlite);
async fn a_pointer_is_escaped(service: Service) {
    let body = r#"{"name": "x", "manufacturer": "y", "attributes": {"a/b": {"c~d": 1e400}}}"#;
    let problem = post(&service, CPU.path, body).await.problem(422);
    assert_eq!(problem.places(), ["#/attributes/a~1b/c~0d"]);
}
