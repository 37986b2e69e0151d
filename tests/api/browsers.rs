//! Calls from pages of other origins, CORS (contract section 8).

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

use partbook_test_support::contract::{CPU, LISTING, catalog};
use partbook_test_support::{Answer, Backend, Method, Service, backends};

const FRONTEND: &str = "http://localhost:3000";
const STRANGER: &str = "https://evil.example";
const EXPOSED: [&str; 10] = [
    "etag",
    "location",
    "link",
    "x-total-count",
    "x-request-id",
    "partbook-consistency-token",
    "partbook-existing",
    "preference-applied",
    "retry-after",
    "www-authenticate",
];

async fn from(service: &Service, origin: &str, method: Method, path: &str) -> Answer {
    service.request(method, path).header("Origin", origin).send().await
}

async fn preflight(service: &Service, origin: &str, method: &str, path: &str) -> Answer {
    service
        .request(Method::OPTIONS, path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
        .header("Access-Control-Request-Headers", "content-type, if-match, prefer, x-request-id")
        .send()
        .await
}

fn words(answer: &Answer, header: &str) -> Vec<String> {
    let values = answer.headers.get_all(header).iter().map(|value| value.to_str().expect("ASCII").to_ascii_lowercase());
    values.flat_map(|value| value.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>()).collect()
}

#[track_caller]
fn allowed(answer: &Answer, origin: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{:?}", answer.headers);
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[track_caller]
fn not_allowed(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), None, "{:?}", answer.headers);
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

backends!(the_frontend_may_call: Sqlite);
async fn the_frontend_may_call(service: Service) {
    for entity in catalog().into_iter().chain([&LISTING]) {
        let created = service.request(Method::POST, entity.path).header("Origin", FRONTEND).json(&(entity.minimal)(1));
        let created = created.send().await.expect(201);
        allowed(&created, FRONTEND);
        let listed = from(&service, FRONTEND, Method::GET, entity.path).await.expect(200);
        allowed(&listed, FRONTEND);
        let exposed = words(&listed, "access-control-expose-headers");
        assert!(EXPOSED.iter().all(|name| exposed.iter().any(|word| word == name)), "{exposed:?}");
        assert!(words(&listed, "vary").contains(&"origin".to_owned()), "{:?}", listed.headers);
    }
}

backends!(faults_can_be_read_as_well: Sqlite);
async fn faults_can_be_read_as_well(service: Service) {
    let cpu = CPU.at(&service.create(&CPU, 1).await["id"]);
    for (method, path, body, status) in [
        (Method::GET, "/v1/catalog/cpus/4711", None, 404),
        (Method::GET, "/warp", None, 404),
        (Method::GET, "/v1/catalog/cpus?warp=9", None, 422),
        (Method::PUT, CPU.path, Some("{}"), 405),
        (Method::POST, CPU.path, Some("{}"), 422),
        (Method::POST, CPU.path, Some("{"), 400),
        (Method::PATCH, cpu.as_str(), Some(r#"{"cores": 0}"#), 422),
    ] {
        let mut request = service.request(method, path).header("Origin", FRONTEND);
        if let Some(body) = body {
            request = request.body_text(body);
        }
        let answer = request.send().await;
        answer.problem(status);
        allowed(&answer, FRONTEND);
    }
    let huge = " ".repeat(2 << 20);
    let answer = service.request(Method::POST, CPU.path).header("Origin", FRONTEND).body_text(&huge).send().await;
    answer.problem(413);
    allowed(&answer, FRONTEND);
}

backends!(a_preflight_is_answered: Sqlite);
async fn a_preflight_is_answered(service: Service) {
    for entity in catalog() {
        for (path, methods) in
            [(entity.path.to_owned(), &["POST"][..]), (format!("{}/1", entity.path), &["PUT", "PATCH", "DELETE"])]
        {
            for method in methods {
                let answer = preflight(&service, FRONTEND, method, &path).await;
                assert!([200, 204].contains(&answer.status), "{}", answer.status);
                allowed(&answer, FRONTEND);
                assert!(words(&answer, "access-control-allow-methods").contains(&method.to_ascii_lowercase()));
                let headers = words(&answer, "access-control-allow-headers");
                for header in ["content-type", "if-match", "prefer", "x-request-id"] {
                    assert!(headers.iter().any(|word| word == "*" || word == header), "{headers:?}");
                }
                // The wildcard does not cover it (Fetch standard).
                assert!(headers.contains(&"authorization".to_owned()), "{headers:?}");
                assert!(answer.body.is_empty());
            }
        }
    }
    // Nothing was done.
    assert!(service.get(CPU.path).await.array().is_empty());
}

backends!(other_origins_are_not_let_in: Sqlite);
async fn other_origins_are_not_let_in(service: Service) {
    for origin in
        [STRANGER, "null", "http://localhost:3001", "https://localhost:3000", "http://localhost:3000.evil.example"]
    {
        not_allowed(&from(&service, origin, Method::GET, CPU.path).await.expect(200));
        not_allowed(&preflight(&service, origin, "PATCH", "/v1/catalog/cpus/1").await);
    }
    not_allowed(&service.get(CPU.path).await.expect(200));
}

backends!(only_real_preflights_are_preflights: Sqlite);
async fn only_real_preflights_are_preflights(service: Service) {
    // No origin, no method to come, neither.
    for headers in [&[][..], &[("Origin", FRONTEND)], &[("Access-Control-Request-Method", "PUT")]] {
        for (path, method) in [(CPU.path, "POST"), ("/v1/catalog/cpus/1", "PATCH"), ("/health", "GET")] {
            let request = headers
                .iter()
                .fold(service.request(Method::OPTIONS, path), |request, (name, value)| request.header(name, value));
            let answer = request.send().await;
            assert!(answer.header("allow").is_some_and(|allow| allow.contains(method)), "{path} {:?}", answer.headers);
            if answer.status != 204 {
                answer.problem(405);
            }
        }
        let request = headers
            .iter()
            .fold(service.request(Method::OPTIONS, "/warp"), |request, (name, value)| request.header(name, value));
        request.send().await.problem(404);
    }
}

#[tokio::test]
async fn origins_can_be_named() {
    let origins = ["https://parts.example", "http://localhost:5173"];
    let service = Service::options().cors_origins(&origins).start(Backend::Sqlite).await;
    for origin in ["https://parts.example", "http://localhost:5173"] {
        allowed(&from(&service, origin, Method::GET, CPU.path).await.expect(200), origin);
        allowed(&preflight(&service, origin, "DELETE", "/v1/catalog/cpus/1").await, origin);
    }
    not_allowed(&from(&service, FRONTEND, Method::GET, CPU.path).await);
}

#[tokio::test]
async fn any_origin_may_be_let_in() {
    let service = Service::options().cors_origins(&["*"]).start(Backend::Sqlite).await;
    for origin in [STRANGER, FRONTEND] {
        let answer = from(&service, origin, Method::GET, CPU.path).await.expect(200);
        allowed(&answer, "*");
        allowed(&preflight(&service, origin, "PATCH", "/v1/catalog/cpus/1").await, "*");
    }
}

backends!(a_page_of_another_origin_cannot_write_unasked: Sqlite);
async fn a_page_of_another_origin_cannot_write_unasked(service: Service) {
    // What a form may send without a preflight is no JSON.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let request = service.request(Method::POST, CPU.path).header("Origin", STRANGER).header("Content-Type", kind);
        let answer = request.body(json!({"name": "x", "manufacturer": "y"}).to_string()).send().await;
        answer.problem(415);
    }
    assert!(service.get(CPU.path).await.array().is_empty());
}

/// What `gzip` makes of compressed bytes.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip").arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gzip");
    let (mut stdin, bytes) = (gzip.stdin.take().expect("stdin is piped"), bytes.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = gzip.wait_with_output().expect("an end");
    assert!(output.status.success() && writer.join().is_ok(), "no gzip");
    output.stdout
}

backends!(a_browser_may_ask_for_compression);
async fn a_browser_may_ask_for_compression(service: Service) {
    let rows: Vec<String> = (1..=2_000).map(|n| format!("('CPU {n}', 'x')")).collect();
    service.sql(&format!("insert into cpu (name, manufacturer) values {}", rows.join(","))).await;
    for entity in catalog().into_iter().filter(|entity| entity.name != "cpu").chain([&LISTING]) {
        service.create(entity, 1).await;
    }
    let mut paths = vec!["/openapi.json".to_owned(), "/v1/fields-data/entities".to_owned(), "/health".to_owned()];
    for entity in catalog().into_iter().chain([&LISTING]) {
        paths.push(entity.path.to_owned());
        paths.push(format!("{}?search=nothing-of-this-name", entity.path));
        paths.push(format!("{}?limit=1", entity.path));
        paths.push(format!("{}/1", entity.path));
    }
    for path in paths {
        let plain = service.get(&path).await.expect(200);
        assert_eq!(plain.header("content-encoding"), None);
        let request = service.request(Method::GET, &path).header("Accept-Encoding", "gzip, deflate, br, zstd");
        let packed = request.send().await.expect(200);
        let body = match packed.header("content-encoding") {
            None => packed.body.clone(),
            Some("gzip") => unpacked(&packed.body),
            Some(other) => panic!("{other} of {path}"),
        };
        assert!(body == plain.body, "{path}");
        let long = plain.body.len() > 10_000;
        assert!(!long || packed.body.len() < plain.body.len() / 3, "{path}");
    }
}
