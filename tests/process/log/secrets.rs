//! What clients send and are sent is in no line, at any level.

use serde_json::json;

use partbook_test_support::contract::{Entity, Kind, LISTING, entities, listing_that_uses};
use partbook_test_support::log::lines;
use partbook_test_support::{Backend, Method, Request, Server, backends, wire};

/// Begins everything that must not be told.
const SECRET: &str = "Needle4711";

/// A secret that says where it was.
fn secret(place: &str) -> String {
    format!("{SECRET}-{place}")
}

fn with_secrets(request: Request) -> Request {
    [
        "Authorization",
        "Cookie",
        "Proxy-Authorization",
        "X-Api-Key",
        "Referer",
        "User-Agent",
        "Accept-Language",
        "Prefer",
    ]
    .iter()
    .fold(request, |request, name| request.header(name, &secret(&name.to_lowercase())))
}

/// Every operation, well done and refused, with a secret wherever a client can put one but the path.
async fn tell_secrets(service: &Server, entity: &Entity) {
    let ask = async |method: Method, path: &str, body: &str| {
        let request = with_secrets(service.request(method, path)).header("Content-Type", "application/json");
        request.body(body).send().await
    };
    let mut body = (entity.full)(1);
    for limit in entity.limits().filter(|limit| limit.field != "listing_url") {
        if limit.kind == Kind::Text && limit.max_len.is_none_or(|most| most >= 40) {
            body[limit.field] = json!(secret(limit.field));
        }
        if limit.field == "attributes" {
            body["attributes"] = json!({secret("key"): {"a": [secret("attribute")]}});
        }
    }
    let created = ask(Method::POST, entity.path, &body.to_string()).await.expect(201);
    assert!(created.text().contains(SECRET), "{}", created.text());
    let path = entity.at(&created.json()["id"]);
    // Taken, or the same once more.
    ask(Method::POST, entity.path, &body.to_string()).await;
    ask(Method::PUT, &path, &body.to_string()).await.expect(200);
    ask(Method::PATCH, &path, &json!({entity.note(): secret("note")}).to_string()).await.expect(200);
    assert!(ask(Method::GET, &path, "").await.expect(200).text().contains(SECRET));
    assert!(ask(Method::GET, entity.path, "").await.expect(200).text().contains(SECRET));
    for query in [
        format!("search={SECRET}-query"),
        format!("{}={SECRET}-query", entity.note()),
        format!("{SECRET}-parameter={SECRET}-query"),
        format!("limit={SECRET}-query"),
        format!("sort={SECRET}-query"),
        format!("{SECRET}-query"),
    ] {
        ask(Method::GET, &format!("{}?{query}", entity.path), "").await;
        ask(Method::GET, &format!("/warp?{query}"), "").await.expect(404);
    }
    for body in [
        format!("{{\"{SECRET}-broken"),
        format!("{{\"{SECRET}-twice\": 1, \"{SECRET}-twice\": 2}}"),
        json!(secret("text")).to_string(),
        json!({"name": [secret("type")], "cores": secret("type"), "ports": secret("type"), "medium": secret("choice"),
               "ddr_generation": secret("choice"), "cpu_id": secret("reference"), "price_usd": secret("type"),
               "title": {secret("type"): 1}, "attributes": secret("type"), "weights_json": secret("type")})
        .to_string(),
    ] {
        let refused = ask(Method::POST, entity.path, &body).await;
        assert!([400, 422].contains(&refused.status), "{}", refused.text());
        ask(Method::PATCH, &path, &body).await;
        ask(Method::DELETE, &format!("{}/4711", entity.path), &body).await.expect(404);
    }
    if let Some(field) = entity.used_through.first() {
        let mut listing = listing_that_uses(1, field, &created.json()["id"]);
        listing["title"] = json!(secret("title"));
        ask(Method::POST, LISTING.path, &listing.to_string()).await.expect(201);
        let refused = ask(Method::DELETE, &path, "").await.expect(409);
        assert!(refused.text().contains(SECRET), "it says who: {}", refused.text());
        assert!(ask(Method::GET, &format!("{path}/listings"), "").await.expect(200).text().contains(SECRET));
    } else {
        ask(Method::DELETE, &path, "").await.expect(204);
    }
    let records = format!("/v1/fields-data/{}/records", entity.name);
    let record = json!({"fields": {secret("field"): 1, "name": [secret("field")]}, "attributes": secret("type")});
    ask(Method::POST, &records, &record.to_string()).await.expect(422);
}

/// Demands that no line has a secret.
#[track_caller]
fn none_told(log: &str) {
    for line in log.lines() {
        assert!(!line.to_lowercase().contains(&SECRET.to_lowercase()), "{line}");
    }
}

backends!(nothing_that_clients_say_is_in_the_log);
async fn nothing_that_clients_say_is_in_the_log(backend: Backend) {
    // Also with the driver's own lines, which a level for everything leaves out.
    for level in ["info", "trace", "trace,sqlx=trace,partbook::trace=trace"] {
        let service = Server::options().env("PARTBOOK_LOG_LEVEL", level).start(backend).await;
        for entity in entities() {
            tell_secrets(&service, entity).await;
        }
        // The library for HTTP/2 tells the most.
        let headers =
            [("authorization", SECRET), ("cookie", SECRET), ("content-type", "application/json"), ("x-a", SECRET)];
        let path = format!("/v1/catalog/cpus?{SECRET}={SECRET}");
        let body = json!({"name": secret("2"), "manufacturer": secret("2"), "notes": secret("2")}).to_string();
        assert!(wire::http2(service.address(), "POST", &path, &headers, &body).contains(SECRET));
        wire::http2(service.address(), "GET", &path, &headers, "");
        // What is no HTTP is not told either.
        let mut stream = wire::connect(service.address());
        wire::send(&mut stream, &format!("GET {SECRET} {SECRET}\r\n{SECRET}: {SECRET}\r\n\r\n"));
        std::io::Read::read_to_end(&mut stream, &mut Vec::new()).expect("the end");
        service.sql("alter table cpu rename to cpu_gone").await;
        let failing = service.request(Method::POST, "/v1/catalog/cpus").header("X-Request-ID", "failing");
        let body = json!({"name": secret("name"), "manufacturer": secret("manufacturer"), "notes": secret("note")});
        with_secrets(failing).json(&body).send().await.problem(500);
        service.lines_of("failing").await;
        let is_trace = service.log_lines().iter().any(|line| line["level"] == "TRACE");
        assert_eq!(is_trace, level != "info", "{level}");
        none_told(&service.log());
    }
}

backends!(nor_in_the_log_for_people: Sqlite);
async fn nor_in_the_log_for_people(backend: Backend) {
    let options = Server::options().env("PARTBOOK_LOG_FORMAT", "text").env("PARTBOOK_LOG_LEVEL", "trace");
    let service = options.start(backend).await;
    for entity in entities() {
        tell_secrets(&service, entity).await;
    }
    service.request(Method::GET, "/warp").header("X-Request-ID", "the-last").send().await.expect(404);
    service.logged("the-last").await;
    none_told(&service.log());
}

backends!(a_line_is_one_line: Sqlite);
async fn a_line_is_one_line(service: Server) {
    // Nothing that a client sends can look like a line of its own, or colour the terminal.
    for path in ["/%0a%1b[31mINFO", "/v1/catalog/cpus/%0d%0a", "/\"}{\"level\":\"ERROR\"}"] {
        let mut stream = wire::connect(service.address());
        wire::send(&mut stream, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        std::io::Read::read_to_end(&mut stream, &mut Vec::new()).expect("an answer");
    }
    service.request(Method::GET, "/warp").header("X-Request-ID", "the-last").send().await.expect(404);
    service.lines_of("the-last").await;
    assert!(lines(&service.log()).iter().all(|line| line["level"] == "INFO"));
    assert!(!service.log().contains('\u{1b}'));
}
