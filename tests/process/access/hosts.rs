//! Which hosts a listener answers to.

use std::io::Read as _;
use std::net::UdpSocket;

use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Method, Server, wire};

const HOSTS: &str = "PARTBOOK_HOSTS";

/// The status of a request with these lines of headers, and the rest of its answer.
fn ask(server: &Server, begin: &str, lines: &str) -> (u16, String) {
    let mut stream = wire::connect(server.address());
    wire::send(&mut stream, &format!("{begin}\r\n{lines}Connection: close\r\n\r\n"));
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    (wire::status(&answer), answer)
}

fn get(server: &Server, host: &str) -> u16 {
    ask(server, "GET /v1/catalog/cpus HTTP/1.1", &format!("Host: {host}\r\n")).0
}

/// An address of this machine by which others reach it; it may have none.
fn own_address() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Sends nothing, and finds the address that it would be sent from.
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip().to_string())
}

#[tokio::test]
async fn on_loopback_only_the_machine_is_meant() {
    let server = Server::start(Backend::Sqlite).await;
    let port = server.address().rsplit_once(':').expect("a port").1;
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("the name of this machine");
    let own = [Some(name.trim().to_owned()), own_address()];
    let usual = ["localhost", "LOCALHOST.", "parts.localhost", "127.0.0.1", "[::1]", "0.0.0.0"].map(str::to_owned);
    for host in own.into_iter().flatten().chain(usual) {
        for host in [host.clone(), format!("{host}:{port}"), format!("{host}:1")] {
            assert_eq!(get(&server, &host), 200, "{host}");
        }
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "192.0.2.1", "224.0.0.1", "x", ""] {
        assert_eq!(get(&server, host), 421, "{host}");
    }
    assert_eq!(ask(&server, "GET http://evil.example/v1/catalog/cpus HTTP/1.1", "Host: localhost\r\n").0, 421);
    assert_eq!(ask(&server, "GET http://localhost/v1/catalog/cpus HTTP/1.1", "Host: evil.example\r\n").0, 200);
}

#[tokio::test]
async fn another_host_is_told_what_to_set_and_changes_nothing() {
    let server = Server::start(Backend::Sqlite).await;
    let row = server.create(&CPU, 1).await;
    let request = |method, path: &str| server.request(method, path).header("Host", "evil.example:8000");
    let problem = request(Method::GET, CPU.path).send().await.problem(421);
    let told = "This service is not `evil.example`: it goes by the names and addresses of its machine, and by those of PARTBOOK_HOSTS";
    assert_eq!(problem.detail, told);
    assert_eq!(problem.json["instance"], CPU.path);
    request(Method::DELETE, &CPU.at(&row["id"])).send().await.problem(421);
    // A page of that host may not ask whether it may.
    let preflight = request(Method::OPTIONS, CPU.path).header("Origin", "http://localhost:3000");
    let answer = preflight.header("Access-Control-Request-Method", "DELETE").send().await.expect(421);
    assert!(!answer.headers.contains_key("access-control-allow-origin"), "{:?}", answer.headers);
    assert!(request(Method::HEAD, CPU.path).send().await.expect(421).body.is_empty());
    request(Method::GET, "/docs").send().await.problem(421);
    request(Method::GET, "/metrics").send().await.problem(421);
    server.get(&CPU.at(&row["id"])).await.expect(200);
}

#[tokio::test]
async fn probes_and_the_asterisk_of_balancers_go_by_any_name() {
    let server = Server::options().env("PARTBOOK_BASE_PATH", "/parts").start(Backend::Sqlite).await;
    for path in ["/livez", "/readyz", "/health", "/livez/", "/parts/livez"] {
        for lines in ["Host: evil.example\r\n", "", "Host: a\r\nHost: b\r\n"] {
            assert_eq!(ask(&server, &format!("GET {path} HTTP/1.1"), lines).0, 200, "{path} {lines}");
        }
    }
    for path in ["/", "/parts", "/parts/"] {
        assert_eq!(ask(&server, &format!("OPTIONS {path} HTTP/1.0"), "").0, 204, "{path}");
        assert_eq!(ask(&server, &format!("OPTIONS {path} HTTP/1.1"), "Host: evil.example\r\n").0, 204, "{path}");
    }
    assert_eq!(ask(&server, "GET / HTTP/1.1", "Host: evil.example\r\n").0, 421);
    let (status, answer) = ask(&server, "GET /parts/v1/catalog/cpus HTTP/1.1", "Host: evil.example\r\n");
    assert_eq!(status, 421);
    assert!(answer.contains(r#""instance":"/parts/v1/catalog/cpus""#), "{answer}");
    assert_eq!(ask(&server, "GET /parts/v1/catalog/cpus HTTP/1.1", "Host: localhost\r\n").0, 200);
}

#[tokio::test]
async fn a_request_names_one_host() {
    let server = Server::options().env(HOSTS, "*").start(Backend::Sqlite).await;
    for (version, lines, expected) in [
        ("1.1", "", 400),
        ("1.1", "Host: localhost\r\nHost: localhost\r\n", 400),
        ("1.0", "Host: a\r\nHost: b\r\n", 400),
        ("1.1", "Host: a b\r\n", 400),
        ("1.1", "Host: user@localhost\r\n", 400),
        ("1.0", "", 200),
        ("1.1", "Host: evil.example\r\n", 200),
    ] {
        let (status, answer) = ask(&server, &format!("GET /v1/catalog/cpus HTTP/{version}"), lines);
        assert_eq!(status, expected, "{version} {lines}");
        assert!(status == 200 || answer.contains("application/problem+json"), "{answer}");
    }
    // Without a name from a browser there is nothing to rebind.
    let server = Server::start(Backend::Sqlite).await;
    assert_eq!(ask(&server, "GET /v1/catalog/cpus HTTP/1.0", "").0, 200);
}

#[tokio::test]
async fn hosts_may_be_named() {
    let server = Server::options().env(HOSTS, "Parts.example, 192.0.2.1").start(Backend::Sqlite).await;
    for (host, expected) in [
        ("parts.example", 200),
        ("PARTS.example.:443", 200),
        ("192.0.2.1:80", 200),
        ("localhost", 200),
        ("www.parts.example", 421),
        ("evil.example", 421),
    ] {
        assert_eq!(get(&server, host), expected, "{host}");
    }
}

#[tokio::test]
async fn http_2_names_it_as_its_authority() {
    let server = Server::options().env(HOSTS, "parts.example").start(Backend::Sqlite).await;
    let ask = |authority, headers: &[(&str, &str)]| {
        wire::http2_of(server.address(), authority, "GET", "/v1/catalog/cpus", headers, "")
    };
    assert_eq!(ask("parts.example", &[]), "[]");
    assert_eq!(ask("parts.example:8000", &[("host", "parts.example")]), "[]");
    assert!(ask("evil.example", &[]).contains(r#""status":421"#));
    assert!(ask("parts.example", &[("host", "evil.example")]).contains(r#""status":400"#));
    assert!(ask("evil.example", &[("host", "evil.example")]).contains(r#""status":421"#));
}

#[tokio::test]
async fn beyond_loopback_they_count_where_they_are_named() {
    let everywhere = || Server::options().env("PARTBOOK_LISTEN", "0.0.0.0:0").env("PARTBOOK_ANONYMOUS", "write");
    for (options, expected) in [(everywhere(), 200), (everywhere().env(HOSTS, "parts.example"), 421)] {
        let server = options.start(Backend::Sqlite).await;
        assert_eq!(get(&server, "evil.example"), expected);
        assert_eq!((get(&server, "parts.example"), get(&server, "localhost")), (200, 200));
    }
}

#[tokio::test]
async fn the_listener_for_operators_is_judged_by_its_own_address() {
    let server = Server::options()
        .env("PARTBOOK_LISTEN", "0.0.0.0:0")
        .env("PARTBOOK_ANONYMOUS", "write")
        .env("PARTBOOK_ADMIN_LISTEN", "127.0.0.1:0");
    let server = server.start(Backend::Sqlite).await;
    assert_eq!(get(&server, "evil.example"), 200);
    let metrics = server.admin().request(Method::GET, "/metrics");
    metrics.header("Host", "evil.example").send().await.problem(421);
    server.admin().get("/metrics").await.expect(200);
}
