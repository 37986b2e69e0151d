//! One line for each request, with what an operator asks of it.

use serde_json::{Value, json};

use partbook_test_support::contract::{CPU, Entity, LISTING, in_listings, listing_that_uses};
use partbook_test_support::log::{is_summary, request_id};
use partbook_test_support::{Answer, Backend, Method, Request, Server, backends};

/// A request with what its line must say.
struct Case {
    method: &'static str,
    path: String,
    route: Option<String>,
    status: u16,
    body: Option<Value>,
}

fn case(method: &'static str, path: &str, route: &str, status: u16) -> Case {
    let route = (!route.is_empty()).then(|| route.to_owned());
    Case { method, path: path.to_owned(), route, status, body: None }
}

impl Case {
    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    async fn ask(&self, service: &Server, id: &str) -> Answer {
        let request = request(service, self.method, &self.path).header("X-Request-ID", id);
        let request = match &self.body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await.expect(self.status)
    }
}

fn request(service: &Server, method: &str, path: &str) -> Request {
    service.request(Method::from_bytes(method.as_bytes()).expect("a method"), path)
}

/// Requests of every kind to a collection that has the row, which is used, and one that is not.
fn cases(entity: &Entity, row: &Value, other: &Value) -> Vec<Case> {
    let path = entity.path;
    let (at, item) = (entity.at(&row["id"]), format!("{path}/{{id}}"));
    vec![
        case("GET", path, path, 200),
        case("GET", &format!("{path}/"), path, 200),
        case("HEAD", path, path, 200),
        case("GET", &format!("{path}?limit=1"), path, 200),
        case("GET", &format!("{path}?limit=0"), path, 422),
        case("POST", path, path, 201).with((entity.minimal)(3)),
        case("POST", path, path, 422).with(json!([])),
        case("BREW", path, path, 405),
        case("OPTIONS", path, path, 204),
        case("GET", &at, &item, 200),
        case("GET", &format!("{at}/"), &item, 200),
        case("HEAD", &at, &item, 200),
        case("PUT", &at, &item, 200).with((entity.minimal)(1)),
        case("PATCH", &at, &item, 200).with(json!({entity.note(): "changed"})),
        case("GET", &format!("{path}/4711"), &item, 404),
        case("HEAD", &format!("{path}/4711"), &item, 404),
        case("GET", &format!("{path}/x"), &item, 422),
        case("GET", &format!("{at}/listings"), &format!("{item}/listings"), 200),
        case("DELETE", &at, &item, 409),
        case("DELETE", &entity.at(&other["id"]), &item, 204),
        case("GET", "/warp", "", 404),
        case("GET", "/v1//catalog", "", 404),
        case("BREW", "/warp/", "", 404),
        case("GET", "/docs", "/docs", 200),
        case("GET", "/openapi.json", "/openapi.json", 200),
        case("GET", "/v1/fields-data/cpu/schema", "/v1/fields-data/{entity}/schema", 200),
    ]
}

/// Demands that a line of JSON says all there is to say of an answer.
#[track_caller]
fn describes(line: &Value, case: &Case, id: &str, answer: &Answer) {
    assert_eq!(line["message"], "answered", "{line}");
    assert_eq!(line["level"], "INFO", "{line}");
    assert_eq!(line["status"], case.status, "{line}");
    assert_eq!(line["route"].as_str(), case.route.as_deref(), "{line}");
    assert_eq!(line["bytes"].as_u64(), Some(answer.body.len() as u64), "{line}");
    let milliseconds = line["milliseconds"].as_f64().expect("a number of milliseconds");
    assert!(milliseconds > 0.0 && milliseconds < 60_000.0, "{line}");
    assert_eq!(line.get("cut"), None, "{line}");
    let span = &line["span"];
    assert_eq!(span["request_id"], id, "{line}");
    assert_eq!(span["client"], "127.0.0.1", "{line}");
    assert_eq!(span["method"], case.method, "{line}");
    assert_eq!(span["path"], case.path.split('?').next().unwrap_or_default(), "{line}");
    assert!(line["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
}

backends!(each_request_has_one_line);
async fn each_request_has_one_line(service: Server) {
    let mut asked = 0;
    for entity in in_listings() {
        let (row, other) = (service.create(entity, 1).await, service.create(entity, 2).await);
        service.created(LISTING.path, &listing_that_uses(1, entity.used_through[0], &row["id"])).await;
        asked += 3;
        for (number, case) in cases(entity, &row, &other).iter().enumerate() {
            let id = format!("{}-{number}", entity.name);
            let answer = case.ask(&service, &id).await;
            asked += 1;
            let lines = service.lines_of(&id).await;
            assert_eq!(lines.len(), 1, "{} {}: {lines:#?}", case.method, case.path);
            describes(&lines[0], case, &id, &answer);
        }
    }
    let is_whole = |lines: &[Value]| lines.iter().filter(|line| is_summary(line)).count() >= asked;
    let lines = service.lines_when(is_whole).await;
    let of_requests = lines.iter().filter(|line| request_id(line).is_some()).count();
    assert_eq!(of_requests, asked, "one line for each, and no other");
}

backends!(an_id_of_the_services_own_is_the_answers: Sqlite);
async fn an_id_of_the_services_own_is_the_answers(service: Server) {
    let answer = service.get(CPU.path).await.expect(200);
    let id = answer.header("x-request-id").expect("an id").to_owned();
    assert_eq!(service.lines_of(&id).await.len(), 1);
    // One that cannot be shown is replaced, in the log too.
    let odd = "b\u{e9}ep beep";
    let answer = service.request(Method::GET, CPU.path).header("X-Request-ID", odd).send().await;
    let id = answer.header("x-request-id").expect("an id").to_owned();
    assert_eq!(service.lines_of(&id).await.len(), 1);
    assert!(!service.log().contains("beep"));
}

backends!(a_line_for_people_says_the_same);
async fn a_line_for_people_says_the_same(backend: Backend) {
    let service = Server::options().env("PARTBOOK_LOG_FORMAT", "text").start(backend).await;
    let (row, other) = (service.create(&CPU, 1).await, service.create(&CPU, 2).await);
    service.created(LISTING.path, &listing_that_uses(1, "cpu_id", &row["id"])).await;
    for (number, case) in cases(&CPU, &row, &other).iter().enumerate() {
        let id = format!("text-{number}.");
        let answer = case.ask(&service, &id).await;
        service.logged(&id).await;
        let log = service.log();
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(&id)).collect();
        let [line] = &lines[..] else { panic!("one line for each request: {lines:#?}") };
        assert!(line.contains(" INFO ") && line.contains("answered"), "{line}");
        let path = case.path.split('?').next().unwrap_or_default();
        for said in [
            format!("status={}", case.status),
            format!("bytes={}", answer.body.len()),
            format!("method={}", case.method),
            format!("path=\"{path}\""),
            format!("request_id=\"{id}\""),
            "client=127.0.0.1".to_owned(),
            "milliseconds=".to_owned(),
        ] {
            assert!(line.contains(&said), "{said}: {line}");
        }
        match &case.route {
            Some(route) => assert!(line.contains(&format!("route=\"{route}\"")), "{line}"),
            None => assert!(!line.contains("route="), "{line}"),
        }
        assert!(!line.contains("cut=") && !line.contains('\u{1b}'), "{line}");
    }
}

backends!(bytes_are_those_that_were_sent);
async fn bytes_are_those_that_were_sent(service: Server) {
    service.fill(&CPU, 5_000).await;
    for (number, (method, path, encoding)) in [
        ("GET", "/v1/catalog/cpus", "identity"),
        ("GET", "/v1/catalog/cpus", "gzip"),
        ("HEAD", "/v1/catalog/cpus", "identity"),
        ("GET", "/v1/catalog/cpus?limit=1000", "identity"),
        ("GET", "/v1/catalog/cpus?limit=10", "identity"),
        ("GET", "/v1/catalog/cpus?limit=10", "gzip"),
        ("HEAD", "/v1/catalog/cpus?limit=10", "identity"),
        ("GET", "/v1/catalog/cpus?limit=1&search=nothing-has-this", "identity"),
        ("GET", "/docs/swagger-ui-bundle.js", "identity"),
        ("HEAD", "/openapi.json", "gzip"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("bytes-{number}");
        let request = request(&service, method, path).header("X-Request-ID", &id).header("Accept-Encoding", encoding);
        let answer = request.send().await.expect(200);
        assert_eq!(answer.body.is_empty(), method == "HEAD", "{method} {path}");
        let lines = service.lines_of(&id).await;
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert_eq!(lines[0]["bytes"].as_u64(), Some(answer.body.len() as u64), "{method} {path} in {encoding}");
        assert_eq!(lines[0].get("cut"), None, "{method} {path} in {encoding}");
    }
}

const QUIET: [&str; 5] = ["/health", "/livez", "/readyz", "/metrics", "/readyz/"];

backends!(checks_that_are_well_say_nothing);
async fn checks_that_are_well_say_nothing(backend: Backend) {
    for (level, shown) in [("info", false), ("debug", true)] {
        let service = Server::options().env("PARTBOOK_LOG_LEVEL", level).start(backend).await;
        for (number, path) in QUIET.iter().enumerate() {
            for method in ["GET", "HEAD"] {
                let id = format!("quiet-{method}-{number}");
                request(&service, method, path).header("X-Request-ID", &id).send().await.expect(200);
                if shown {
                    let lines = service.lines_of(&id).await;
                    let summaries: Vec<&Value> = lines.iter().filter(|line| is_summary(line)).collect();
                    let [summary] = summaries[..] else { panic!("{lines:#?}") };
                    assert_eq!(summary["level"], "DEBUG", "{path}");
                    assert_eq!(summary["route"], path.trim_end_matches('/'), "{path}");
                }
            }
        }
        // What is asked in a wrong way is no check.
        request(&service, "POST", "/health").header("X-Request-ID", "wrong").send().await.expect(405);
        assert_eq!(service.lines_of("wrong").await[0]["level"], "INFO");
        assert_eq!(service.log().contains("quiet-"), shown, "{level}");
    }
}

backends!(a_check_that_fails_is_told);
async fn a_check_that_fails_is_told(service: Server) {
    service.sql("alter table listing_component rename to listing_component_gone").await;
    let answer = service.request(Method::GET, "/readyz").header("X-Request-ID", "unready").send().await.expect(503);
    let lines = service.lines_of("unready").await;
    let summaries: Vec<&Value> = lines.iter().filter(|line| is_summary(line)).collect();
    let [summary] = summaries[..] else { panic!("{lines:#?}") };
    assert_eq!(summary["level"], "INFO");
    assert_eq!(summary["status"], 503);
    assert_eq!(summary["route"], "/readyz");
    assert_eq!(summary["bytes"].as_u64(), Some(answer.body.len() as u64));
    let reasons: Vec<&Value> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    assert!(reasons.len() == 1 && reasons[0]["error"].to_string().contains("listing_component"), "{lines:#?}");
}
