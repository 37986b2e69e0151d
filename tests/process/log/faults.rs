//! Faults of the service: told once, with their cause, under the id that the client was given.

use std::io::Read;

use serde_json::Value;

use partbook_test_support::contract::{CPU, Entity, catalog};
use partbook_test_support::log::{is_summary, request_id};
use partbook_test_support::{Answer, Method, Server, backends, wire};

/// The line of an error and the summary of its request.
async fn told(service: &Server, answer: &Answer) -> (Value, Value) {
    let id = answer.problem(500).json["request_id"].as_str().expect("an id").to_owned();
    let mut lines = service.lines_of(&id).await;
    assert_eq!(lines.len(), 2, "the cause, once, and the summary: {lines:#?}");
    assert!(lines.iter().all(|line| request_id(line) == Some(id.as_str())));
    let summary = lines.remove(1);
    (lines.remove(0), summary)
}

async fn every_fault_is_told(service: &Server, entity: &Entity) {
    let (table, path) = (entity.table, format!("{}/1", entity.path));
    let minimal = (entity.minimal)(1);
    let answers = [
        (entity.path, service.get(entity.path).await),
        (&path, service.get(&path).await),
        (entity.path, service.post(entity.path, &minimal).await),
        (&path, service.put(&path, &minimal).await),
        (&path, service.delete(&path).await),
        (&path, service.request(Method::GET, &path).header("X-Request-ID", table).send().await),
    ];
    for (path, answer) in answers {
        let detail = answer.problem(500).detail;
        assert!(!detail.contains(table), "nothing about the inside: {detail}");
        let (error, summary) = told(service, &answer).await;
        assert_eq!(error["level"], "ERROR");
        assert_eq!(error["span"]["path"], path);
        // The driver's words, through all links of the chain.
        let cause = error["error"].as_str().expect("a cause");
        assert!(cause.contains("database") && cause.contains(table), "{cause}");
        assert_eq!(error["entity"], entity.name);
        assert_eq!(summary["level"], "INFO");
        assert_eq!(summary["status"], 500);
        assert_eq!(summary["bytes"].as_u64(), Some(answer.body.len() as u64));
    }
}

backends!(a_fault_is_told_once_with_its_cause);
async fn a_fault_is_told_once_with_its_cause(service: Server) {
    for entity in catalog() {
        let table = entity.table;
        service.sql(&format!("alter table {table} rename to {table}_gone")).await;
        every_fault_is_told(&service, entity).await;
        service.sql(&format!("alter table {table}_gone rename to {table}")).await;
    }
}

backends!(a_refusal_is_no_fault);
async fn a_refusal_is_no_fault(service: Server) {
    for entity in catalog() {
        service.create(entity, 1).await;
        service.get(&format!("{}/4711", entity.path)).await.problem(404);
        service.post(entity.path, &Value::Null).await.problem(422);
        service.post(entity.path, &serde_json::json!({"attributes": 1, "weights_json": 1})).await.problem(422);
    }
    service.post(CPU.path, &(CPU.minimal)(1)).await.problem(422);
    let last = service.get(CPU.path).await;
    service.lines_of(last.header("x-request-id").expect("an id")).await;
    let loud: Vec<Value> = service.log_lines().into_iter().filter(|line| line["level"] != "INFO").collect();
    assert!(loud.is_empty(), "{loud:#?}");
}

backends!(a_list_that_breaks_off_is_told_under_its_request: Postgres);
async fn a_list_that_breaks_off_is_told_under_its_request(service: Server) {
    service.fill(&CPU, 100_000).await;
    let mut stream = wire::connect(service.address());
    let head = format!("GET {} HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: broken\r\n\r\n", CPU.path);
    wire::send(&mut stream, &head);
    let mut begin = vec![0; 100_000];
    stream.read_exact(&mut begin).expect("the beginning of an answer");
    assert!(begin.starts_with(b"HTTP/1.1 200"));
    // A connection that is lost would be replaced before the next portion is read.
    service.rows("alter table cpu rename to gone").await;
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "half a list looks whole");

    let lines = service.lines_when(|lines| lines.iter().any(|line| line["level"] == "ERROR")).await;
    let errors: Vec<&Value> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    let [error] = errors[..] else { panic!("once: {errors:#?}") };
    assert!(error["error"].as_str().is_some_and(|cause| cause.contains("database")), "{error}");
    assert_eq!(request_id(error), Some("broken"), "of which request? {error}");
    let summary = service.lines_of("broken").await.into_iter().find(is_summary).expect("a summary");
    assert_eq!(summary["cut"], true, "{summary}");
}
