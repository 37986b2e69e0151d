//! The tests of the API ask the service within their own process. Here the same requests are sent to both forms of it, each
//! on a database of its own, and the answers compared: what holds without a network holds over it.

use partbook_test_support::contract::{Entity, entities};
use partbook_test_support::{Answer, Backend, Method, Request, Server, Service, backends};
use serde_json::json;

/// Headers that come with a connection.
const OF_THE_CONNECTION: [&str; 4] = ["connection", "content-length", "date", "transfer-encoding"];

/// A header without the cursors in it, which hold the times of rows.
fn without_cursors(header: &str) -> String {
    let mut parts = header.split("cursor=");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let end = part.find(['&', '>', '"']).unwrap_or(part.len());
        text + "a cursor" + &part[end..]
    })
}

/// Everything of an answer that does not depend on when and over what it was asked for. A tag depends on the times in the row.
fn compared(answer: &Answer) -> String {
    let mut lines = vec![format!("{}\n", answer.status)];
    for (name, value) in &answer.headers {
        let value = value.to_str().expect("a header in ASCII");
        let value = if name == "etag" { "a tag".to_owned() } else { without_cursors(value) };
        if !OF_THE_CONNECTION.contains(&name.as_str()) {
            lines.push(format!("{name}: {value}\n"));
        }
    }
    lines[1..].sort();
    let body = String::from_utf8_lossy(&answer.body);
    // What stands between quotation marks; times in rows have 27 characters.
    let is_time = |text: &&str| text.len() == 27 && text.starts_with("20") && text.ends_with('Z');
    let body: Vec<&str> = body.split('"').map(|text| if is_time(&text) { "a time" } else { text }).collect();
    lines.concat() + "\n" + &body.join("\"")
}

/// Sends a request to both, and demands one answer.
async fn same(services: [&Service; 2], ask: impl Fn(&Service) -> Request) -> [Answer; 2] {
    let [within, over] = services.map(|service| ask(service).header("X-Request-ID", "compared"));
    let answers = [within.send().await, over.send().await];
    let [within, over] = answers.each_ref().map(compared);
    assert_eq!(within, over, "the same over a network");
    answers
}

/// The requests of a row's life, and the ways they go wrong.
async fn life(services: [&Service; 2], entity: &Entity) {
    let (path, first) = (entity.path, entity.at(&json!(1)));
    let write = |method: Method, path: &str, body: &str| {
        let (path, body) = (path.to_owned(), body.to_owned());
        same(services, move |service| service.request(method.clone(), &path).body_text(&body))
    };
    let ask = |method: Method, path: &str, headers: &[(&str, &str)]| {
        let path = path.to_owned();
        let headers: Vec<_> = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        same(services, move |service| {
            let request = service.request(method.clone(), &path);
            headers.iter().fold(request, |request, (name, value)| request.header(name, value))
        })
    };
    let minimal = (entity.minimal)(1).to_string();
    write(Method::POST, path, &minimal).await;
    write(Method::POST, path, &minimal).await;
    write(Method::POST, path, &(entity.full)(2).to_string()).await;
    for body in ["{", "[]", r#"{"name": 1, "title": 1, "speed_mhz": "x", "capacity_gb": -1}"#] {
        write(Method::POST, path, body).await;
    }
    ask(Method::POST, path, &[("Content-Type", "text/plain")]).await;
    let note = entity.note();
    let [within, over] = write(Method::PATCH, &first, &json!({note: "Changed."}).to_string()).await;
    assert_ne!(within.header("etag"), over.header("etag"), "two rows, made at two times");
    write(Method::PUT, &first, &minimal).await;
    write(Method::PATCH, &first, "null").await;
    for query in ["?limit=1", "?limit=1&offset=1&sort=-id", "?limit=x&colour=red", ""] {
        ask(Method::GET, &format!("{path}{query}"), &[("Prefer", "count=exact")]).await;
    }
    for method in [Method::GET, Method::HEAD] {
        for (path, headers) in [
            (&*first, &[("If-None-Match", "*"), ("Accept-Encoding", "gzip")][..]),
            (&first, &[("Origin", "http://localhost:3000")]),
            (&entity.at(&json!(4711)), &[("Accept-Encoding", "gzip")]),
            (&entity.at(&json!("x")), &[]),
        ] {
            ask(method.clone(), path, headers).await;
        }
    }
    ask(Method::OPTIONS, &first, &[("Origin", "http://localhost:3000"), ("Access-Control-Request-Method", "PUT")])
        .await;
    ask(Method::PUT, path, &[]).await;
    ask(Method::DELETE, &first, &[("If-Match", "\"stale\"")]).await;
    ask(Method::DELETE, &first, &[]).await;
    ask(Method::DELETE, &first, &[]).await;
}

backends!(an_answer_is_the_same_over_a_network);
async fn an_answer_is_the_same_over_a_network(backend: Backend) {
    let (within, server) = (Service::start(backend).await, Server::start(backend).await);
    for entity in entities() {
        life([&within, &server], entity).await;
    }
}
