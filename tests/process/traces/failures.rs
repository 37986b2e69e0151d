//! What the spans of a refused or failed request say.

use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Value, json};

use super::collector::{Collector, Transport};
use super::{Caller, Trace, all_of, traced};
use partbook_test_support::contract::CPU;
use partbook_test_support::lock::Lock;
use partbook_test_support::{Backend, Method, backends};

/// Demands a status of the HTTP answer and whether the server's span is a failure.
#[track_caller]
fn answered(trace: &Trace, code: u16, failed: bool) {
    let server = &trace.server;
    assert_eq!(server.attribute("http.response.status_code"), code);
    let (status, kind) =
        if failed { (StatusCode::Error, json!(code.to_string())) } else { (StatusCode::Unset, Value::Null) };
    assert_eq!((server.status, server.attribute("error.type")), (status, &kind), "{server:#?}");
}

backends!(a_refused_request_is_no_failure);
async fn a_refused_request_is_no_failure(backend: Backend) {
    let collector = Collector::start().await;
    let service = traced(&collector, Transport::Http).start(backend).await;
    let cpu = service.create(&CPU, 1).await;
    let (item, template) = (CPU.at(&cpu["id"]), Some("/v1/catalog/cpus/{id}"));
    let all = Some(CPU.path);
    let cases = [
        (Method::GET, "/v1/catalog/warp/7", None, 404, None),
        (Method::GET, "/wp-login.php?a=b", None, 404, None),
        (Method::POST, "/", Some("{}"), 405, Some("/")),
        (Method::GET, "/v1/catalog/cpus/9000", None, 404, template),
        (Method::GET, "/v1/catalog/cpus/x", None, 422, template),
        (Method::GET, "/v1/catalog/cpus?vendor=AMD", None, 422, all),
        (Method::PATCH, &item, Some("{"), 400, template),
        (Method::PATCH, &item, Some("{\"cores\": 0}"), 422, template),
        (Method::POST, CPU.path, Some("{}"), 422, all),
        (Method::DELETE, CPU.path, None, 405, all),
    ];
    for (number, (method, path, body, status, _)) in (1..).zip(&cases) {
        let request = service.request(method.clone(), path);
        let request = body.iter().fold(request, |request, body| request.body_text(body));
        Caller::number(number).send(request).await.expect(*status);
    }
    // The name is taken: the statement fails, the operation does not.
    let taken = Caller::number(100);
    taken.send(service.request(Method::POST, CPU.path).json(&(CPU.minimal)(1))).await.expect(422);
    let spans = all_of(service, &collector).await;
    for (number, (method, path, _, status, route)) in (1..).zip(&cases) {
        let trace = Caller::number(number).trace(&spans);
        answered(&trace, *status, false);
        assert_eq!(trace.server.attribute("http.route"), &json!(route), "{method} {path}");
        let name = route.map_or(method.to_string(), |route| format!("{method} {route}"));
        assert_eq!(trace.server.name, name);
        assert!(trace.below.iter().all(|span| span.status == StatusCode::Unset), "{:#?}", trace.below);
        if route.is_none() {
            assert_eq!(trace.operations(), [""; 0]);
        }
    }
    let trace = taken.trace(&spans);
    answered(&trace, 422, false);
    let operation = trace.named("catalog.create_cpu");
    assert_eq!((operation.status, operation.attribute("error.type")), (StatusCode::Unset, &Value::Null));
}

backends!(a_fault_inside_is_one);
async fn a_fault_inside_is_one(backend: Backend) {
    let collector = Collector::start().await;
    let service = traced(&collector, Transport::Grpc).start(backend).await;
    let cpu = service.create(&CPU, 1).await;
    service.sql("alter table cpu rename to cpu_elsewhere").await;
    let (read, list, write) = (Caller::number(1), Caller::number(2), Caller::number(3));
    read.get(&service, &CPU.at(&cpu["id"])).await.problem(500);
    list.get(&service, CPU.path).await.problem(500);
    write.send(service.request(Method::POST, CPU.path).json(&(CPU.minimal)(2))).await.problem(500);
    let spans = all_of(service, &collector).await;
    let cases = [
        (read, "catalog.get_cpu", "SELECT cpu"),
        (list, "catalog.list_cpu", "SELECT cpu"),
        (write, "catalog.create_cpu", "SELECT cpu"),
    ];
    for (caller, operation, statement) in cases {
        let trace = caller.trace(&spans);
        answered(&trace, 500, true);
        let operation = trace.named(operation);
        assert_eq!((operation.status, operation.attribute("error.type")), (StatusCode::Error, &json!("internal")));
        let statement = trace.named(statement);
        // PostgreSQL: undefined_table. SQLite: SQLITE_ERROR.
        let code = if backend == Backend::Sqlite { "1" } else { "42P01" };
        assert_eq!(statement.status, StatusCode::Error);
        assert_eq!(statement.attribute("error.type"), code);
        assert_eq!(statement.attribute("db.response.status_code"), code);
        for span in trace.below.iter().filter(|span| ![&operation.id, &statement.id].contains(&&span.id)) {
            assert_eq!(span.status, StatusCode::Unset, "{span:#?}");
        }
    }
}

backends!(a_database_that_cannot_answer_is_a_failure);
async fn a_database_that_cannot_answer_is_a_failure(backend: Backend) {
    let collector = Collector::start().await;
    let service = traced(&collector, Transport::Http).start(backend).await;
    let cpu = service.create(&CPU, 1).await;
    let lock = Lock::take(service.database(), &CPU, &cpu["id"]).await;
    let caller = Caller::number(1);
    let patch = service.request(Method::PATCH, &CPU.at(&cpu["id"])).json(&json!({"notes": "x"}));
    caller.send(patch).await.problem(503);
    lock.release().await;
    let trace = caller.trace(&all_of(service, &collector).await);
    answered(&trace, 503, true);
    let operation = trace.named("catalog.partial_update_cpu");
    assert_eq!((operation.status, operation.attribute("error.type")), (StatusCode::Error, &json!("unavailable")));
    // PostgreSQL: lock_not_available, at the row. SQLite: SQLITE_BUSY, at the beginning.
    let (name, code) = if backend == Backend::Sqlite { ("BEGIN", "5") } else { ("SELECT cpu", "55P03") };
    // More than one, where the operation was tried again.
    let mut failed = trace.under(operation).filter(|span| span.status == StatusCode::Error).peekable();
    assert!(failed.peek().is_some(), "{:#?}", trace.below);
    for statement in failed {
        assert_eq!((&*statement.name, statement.attribute("error.type")), (name, &json!(code)));
    }
}
