//! Statements that take long are told, without what they were given.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use partbook_test_support::contract::CPU;
use partbook_test_support::lock::Lock;
use partbook_test_support::{Backend, Method, Server, backends};

/// What counts as slow, and a little; who waits for a lock gives up after two seconds.
const LONG: Duration = Duration::from_millis(1_100);

backends!(at_debug_every_statement_is_told_without_its_values: Sqlite);
async fn at_debug_every_statement_is_told_without_its_values(backend: Backend) {
    let levels = "info,partbook_database=debug";
    let service = Server::options().env("PARTBOOK_LOG_LEVEL", levels).start(backend).await;
    let request = service.request(Method::GET, "/v1/catalog/cpus?search=Needle4711").header("X-Request-ID", "told");
    request.send().await.expect(200);
    let lines = service.lines_of("told").await;
    let told: Vec<_> = lines.iter().filter(|line| line["message"] == "statement").collect();
    let [line] = &told[..] else { panic!("one statement: {lines:#?}") };
    let statement = line["statement"].as_str().expect("a statement");
    assert!(statement.contains("from cpu") && line["milliseconds"].is_number(), "{line}");
    assert!(!line.to_string().contains("Needle4711"), "{line}");
}

fn warnings(service: &Server) -> Vec<Value> {
    service.log_lines().into_iter().filter(|line| line["level"] == "WARN").collect()
}

backends!(a_slow_statement_is_told_without_its_values);
async fn a_slow_statement_is_told_without_its_values(service: Server) {
    const SECRET: &str = "Needle4711";
    let mut body = (CPU.minimal)(1);
    body["notes"] = json!(SECRET);
    let row = service.created(CPU.path, &body).await;
    service.sql(&format!("update cpu set id = 918273645 where id = {}", row["id"])).await;
    let row = json!({"id": 918_273_645});

    let lock = Lock::take(service.database(), &CPU, &row["id"]).await;
    let request = service.request(Method::PATCH, &CPU.at(&row["id"])).header("X-Request-ID", "slow");
    let waiting = tokio::spawn(request.json(&json!({"notes": format!("{SECRET} changed")})).send());
    let in_use = "partbook_db_pool_connections_in_use";
    service.metrics_when(|scrape| scrape.value(in_use, &[]) > Some(0.5)).await;
    // Here alone time itself has to pass.
    let begin = Instant::now();
    tokio::time::sleep(LONG).await;
    lock.release().await;
    let answer = waiting.await.expect("an answer").expect(200);
    assert!(begin.elapsed() >= LONG);
    assert!(answer.text().contains(SECRET));

    let lines = service.lines_of("slow").await;
    let warnings = warnings(&service);
    let [warning] = &warnings[..] else { panic!("one warning: {warnings:#?}") };
    assert_eq!(lines.len(), 2, "the warning and the summary: {lines:#?}");
    assert_eq!(warning, &lines[0], "it belongs to its request");
    assert_eq!(warning["message"], "slow statement");
    let milliseconds = warning["milliseconds"].as_f64().expect("a number of milliseconds");
    assert!((1_000.0..60_000.0).contains(&milliseconds), "{warning}");
    let statement = warning["statement"].as_str().expect("a statement");
    let waits = if service.database().url().starts_with("sqlite") { "begin immediate" } else { "from cpu" };
    assert!(statement.contains(waits), "{statement}");
    for value in [SECRET, "changed", "918273645"] {
        assert!(!statement.contains(value), "{statement}");
    }
    assert!(!service.log().contains(SECRET));
    assert_eq!(service.metrics().await.value("partbook_db_slow_statements_total", &[]), Some(1.0));
}

backends!(a_statement_in_time_is_not_told);
async fn a_statement_in_time_is_not_told(service: Server) {
    for number in 0..20 {
        let row = service.create(&CPU, number).await;
        service.get(&CPU.at(&row["id"])).await.expect(200);
    }
    let last = service.get(CPU.path).await;
    service.lines_of(last.header("x-request-id").expect("an id")).await;
    let told = warnings(&service);
    let quick = |line: &Value| line["milliseconds"].as_f64() < Some(1_000.0);
    assert!(!told.iter().any(quick), "{told:#?}");
}
