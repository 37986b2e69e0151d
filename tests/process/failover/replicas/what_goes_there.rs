//! Which statements a standby gets, by its own log.

use partbook_test_support::contract::{CPU, LISTING, catalog};
use partbook_test_support::replicas::Replicas;
use partbook_test_support::{Method, Server};
use serde_json::json;

use super::{Client, TOKEN, reads, row_that_changes, serve_reading, serve_with};

/// The statements of a log that the service sent, without those by which it finds out where a server is.
fn statements(log: &str) -> Vec<&str> {
    let sent = log.lines().filter_map(|line| line.split_once("LOG:  ")).map(|(_, text)| text);
    sent.filter(|text| text.starts_with("statement: ") || text.starts_with("execute "))
        .filter(|text| {
            let is_ours = text.contains(" cpu") || text.contains(" listing") || text.contains("idempotency");
            is_ours || ["insert", "update", "delete", "begin", "lock"].iter().any(|word| text.contains(word))
        })
        .collect()
}

#[tokio::test]
async fn changes_and_what_they_rest_on_never_do() {
    let replicas = Replicas::start();
    let service = serve_reading(&replicas).await;
    replicas.log_statements().await;
    let row = service.create(&CPU, 1).await;
    let path = CPU.at(&row["id"]);
    let keyed = || {
        let create = service.request(Method::POST, CPU.path).json(&(CPU.minimal)(2));
        create.header("Idempotency-Key", "a-key").send()
    };
    assert_eq!(keyed().await.expect(201).json(), keyed().await.expect(201).json());
    service.patch(&path, &json!({"notes": "changed"})).await.expect(200);
    service.put(&path, &(CPU.minimal)(1)).await.expect(200);
    service.post(CPU.path, &(CPU.minimal)(1)).await.expect(422);
    let listing =
        service.created(LISTING.path, &json!({"title": "A machine", "price_usd": 1, "cpu_id": row["id"]})).await;
    service.delete(&path).await.expect(409);
    service.delete(&LISTING.at(&listing["id"])).await.expect(204);
    service.delete(&path).await.expect(204);
    for path in ["/readyz", "/health", "/metrics"] {
        service.get(path).await.expect(200);
    }
    assert_eq!(statements(&replicas.standby_log()), Vec::<&str>::new());
    assert!(statements(&replicas.primary_log()).len() > 20, "the log tells: {}", replicas.primary_log());

    replicas.catch_up().await;
    Client::new(&service).ask("GET", CPU.path, &[], "");
    let log = replicas.standby_log();
    let sent = statements(&log);
    assert!(sent.len() == 1 && sent[0].contains("cpu"), "a read does, in one statement: {sent:#?}");
}

#[tokio::test]
async fn reads_of_rows_lists_and_uses_do() {
    let replicas = Replicas::start();
    let service = serve_reading(&replicas).await;
    let mut rows = Vec::new();
    for entity in catalog() {
        rows.push((entity, service.create(entity, 1).await["id"].clone()));
    }
    let cpu = rows.iter().find(|(entity, _)| entity.path == CPU.path).expect("a CPU").1.clone();
    service.created(LISTING.path, &json!({"title": "A machine", "price_usd": 1, "cpu_id": cpu})).await;
    replicas.catch_up().await;
    let primary = reads(&service, "primary").await;
    for (entity, id) in &rows {
        for path in [entity.at(id), entity.path.to_owned(), format!("{}/listings", entity.at(id))] {
            let (head, body) = Client::new(&service).ask("GET", &path, &[("Prefer", "count=exact")], "");
            assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}{body}");
        }
    }
    for path in ["/v1/fields", "/v1/fields/usage", "/v1/fields-data/cpu/records", "/v1/fields-data/cpu/schema"] {
        let (head, body) = Client::new(&service).ask("GET", path, &[], "");
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}{body}");
    }
    let (head, _) = Client::new(&service).ask("GET", &CPU.at(&json!(999)), &[], "");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    assert_eq!(reads(&service, "primary").await, primary, "none went to the primary");
    assert!(reads(&service, &replicas.standby()).await >= 25);
}

#[tokio::test]
async fn a_list_in_pieces_is_as_new_as_its_token_says() {
    let replicas = Replicas::start();
    let service = serve_reading(&replicas).await;
    for number in 0..250 {
        service.created(CPU.path, &json!({"name": format!("Row {number}"), "manufacturer": "AMD"})).await;
    }
    replicas.catch_up().await;
    let list = |token: Option<String>| {
        let request = service.request(Method::GET, &format!("{}?limit=1000", CPU.path)).header("connection", "close");
        let request = if let Some(token) = token { request.header(TOKEN, &token) } else { request };
        request.send()
    };
    let before = reads(&service, &replicas.standby()).await;
    // Its first hundred, the ids of all, and the rest.
    assert_eq!(list(None).await.expect(200).array().len(), 250);
    assert_eq!(reads(&service, &replicas.standby()).await, before + 3);
    let (_, _, new) = row_that_changes(&replicas, &service).await;
    assert_eq!(list(None).await.expect(200).array().len(), 251, "as the standby has it");
    let answer = list(Some(new)).await.expect(200);
    let row = answer.array().into_iter().find(|row| row["notes"] == "new");
    assert!(row.is_some() && answer.header(TOKEN).is_some(), "as the primary has it");
}

#[tokio::test]
async fn without_replicas_nothing_more_is_sent() {
    let replicas = Replicas::start();
    let service = serve_with(Server::options(), &replicas.primary(), "").await;
    service.create(&CPU, 1).await;
    replicas.log_statements().await;
    let begin = replicas.primary_log().len();
    let row = service.create(&CPU, 2).await;
    let answer = service.request(Method::GET, &CPU.at(&row["id"])).header(TOKEN, "x").send().await.expect(200);
    assert!(answer.header(TOKEN).is_none(), "{:?}", answer.headers);
    let log = replicas.primary_log().split_off(begin);
    assert!(!log.contains("pg_current_wal") && !log.contains("pg_last_wal"), "{log}");
    // A transaction, in which the name is looked for and the row written; and the row is read.
    assert_eq!(statements(&log).len(), 4, "{log}");
}
