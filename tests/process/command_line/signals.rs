//! How the service starts without a word, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use partbook_test_support::contract::CPU;
use partbook_test_support::prometheus::Scrape;
use partbook_test_support::{Backend, Server, backends, wire};

/// `partbook` with no argument at all, in an empty directory.
struct Bare {
    child: Child,
    log: BufReader<std::process::ChildStderr>,
    directory: tempfile::TempDir,
}

impl Bare {
    fn start(environment: &[(&str, &str)]) -> Self {
        let directory = tempfile::TempDir::new().expect("a temporary directory");
        let mut child = Command::new(env!("CARGO_BIN_EXE_partbook"))
            .env_remove("DATABASE_URL")
            .env_remove("DATABASE_URL_FILE")
            .env("PARTBOOK_LISTEN", "127.0.0.1:0")
            .envs(environment.iter().copied())
            .current_dir(&directory)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let log = BufReader::new(child.stderr.take().expect("stderr is piped"));
        Self { child, log, directory }
    }

    /// Reads the log up to the line that says where it listens.
    fn address(&mut self) -> String {
        self.address_of("listening")
    }

    /// Reads the log up to the line that says this, and where.
    fn address_of(&mut self, what: &str) -> String {
        let mut line = String::new();
        while self.log.read_line(&mut line).is_ok_and(|read| read > 0) {
            if let Some(rest) = line.split("http://").nth(1).filter(|_| line.contains(what)) {
                return rest
                    .chars()
                    .take_while(|character| character.is_ascii_digit() || ".:".contains(*character))
                    .collect();
            }
            line.clear();
        }
        panic!("the service did not start");
    }

    fn signal(&self, name: &str) {
        let kill =
            Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &self.child.id().to_string()]).status();
        assert!(kill.is_ok_and(|status| status.success()));
    }

    /// Waits for the end.
    fn code(&mut self) -> Option<i32> {
        self.child.wait().expect("a child of ours").code()
    }

    /// The same for an end that nothing but the process itself brings about, and what it wrote last.
    fn ends_by_itself(&mut self) -> (Option<i32>, String) {
        let begin = Instant::now();
        while self.child.try_wait().expect("a child of ours").is_none() {
            assert!(begin.elapsed() < Duration::from_secs(20), "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut log = String::new();
        self.log.read_to_string(&mut log).expect("UTF-8");
        (self.code(), log)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request as it stands and reads the answer to its end.
fn raw(address: &str, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn get(address: &str, path: &str) -> std::io::Result<String> {
    raw(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
}

#[test]
fn partbook_alone_serves_a_new_file() {
    let mut bare = Bare::start(&[]);
    let address = bare.address();
    let answer = get(&address, "/health").expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(bare.directory.path().join("partbook.db").exists());
    bare.signal("TERM");
    assert_eq!(bare.code(), Some(0));
}

#[test]
fn an_interrupt_is_an_orderly_end_too() {
    let mut bare = Bare::start(&[]);
    bare.address();
    bare.signal("INT");
    assert_eq!(bare.code(), Some(0));
}

#[test]
fn a_request_under_way_is_finished() {
    let mut bare = Bare::start(&[]);
    let address = bare.address();
    let body = r#"{"name": "Slow", "manufacturer": "x"}"#;
    let mut stream = TcpStream::connect(&address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let head =
        "POST /v1/catalog/cpus HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ";
    write!(stream, "{head}{}\r\n\r\n{}", body.len(), &body[..10]).expect("half a request");
    // The service has the request once it has answered another one that came later.
    assert!(get(&address, "/livez").expect("an answer").starts_with("HTTP/1.1 200"));
    bare.signal("TERM");
    let begin = Instant::now();
    while get(&address, "/livez").is_ok() && begin.elapsed() < Duration::from_secs(5) {}
    stream.write_all(&body.as_bytes()[10..]).expect("the other half");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(bare.code(), Some(0));
}

#[test]
fn while_draining_it_is_well_but_not_ready() {
    let mut bare = Bare::start(&[("PARTBOOK_DRAIN_DELAY", "2")]);
    let address = bare.address();
    let status = |path: &str| get(&address, path).expect("an answer")["HTTP/1.1 ".len()..][..3].to_owned();
    assert_eq!(status("/readyz"), "200");
    bare.signal("TERM");
    let begin = Instant::now();
    while status("/readyz") != "503" {
        assert!(begin.elapsed() < Duration::from_secs(1), "still ready");
    }
    for path in ["/health", "/livez", "/v1/catalog/cpus"] {
        assert_eq!(status(path), "200", "{path}");
    }
    assert_eq!(bare.code(), Some(0));
}

/// Asks on a connection that is to stay, and answers the status, what is said of the connection, and the body.
fn ask(stream: &mut TcpStream, method: &str, path: &str) -> (u16, Option<String>, String) {
    wire::send(stream, &format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    let (head, body) = if method == "HEAD" { (wire::head(stream), String::new()) } else { wire::answer(stream) };
    (wire::status(&head), wire::header(&head, "connection").map(str::to_owned), body)
}

/// The same on a connection of its own.
fn ask_anew(address: &str, method: &str, path: &str) -> (u16, Option<String>, String) {
    ask(&mut wire::connect(address), method, path)
}

/// Waits until it says that it is not ready.
fn until_unready(address: &str) {
    let begin = Instant::now();
    while ask_anew(address, "GET", "/readyz").0 != 503 {
        assert!(begin.elapsed() < Duration::from_secs(20), "still ready");
    }
}

/// Sends a POST but for its end; what is missing comes beside the connection.
fn begin_post(address: &str) -> (TcpStream, &'static str) {
    let (first, rest) = (r#"{"name": "Slow", "#, r#""manufacturer": "x"}"#);
    let mut stream = wire::connect(address);
    let head =
        "POST /v1/catalog/cpus HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ";
    wire::send(&mut stream, &format!("{head}{}\r\n\r\n{first}", first.len() + rest.len()));
    // The service has it once it has answered another one that came later.
    assert_eq!(ask_anew(address, "GET", "/livez").0, 200);
    (stream, rest)
}

/// Demands that nothing more comes on a connection.
fn is_closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    // A connection may also be cut.
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
}

/// A delay longer than any test; a second signal ends it.
const LONG: (&str, &str) = ("PARTBOOK_DRAIN_DELAY", "600");

#[test]
fn while_draining_connections_are_not_kept() {
    let mut bare = Bare::start(&[LONG]);
    let address = bare.address();
    let mut kept: Vec<TcpStream> = (0..6).map(|_| wire::connect(&address)).collect();
    for stream in &mut kept {
        for _ in 0..2 {
            let (status, connection, _) = ask(stream, "GET", "/livez");
            assert_eq!((status, connection), (200, None), "it may be used again");
        }
    }
    let (mut posting, rest) = begin_post(&address);
    bare.signal("TERM");
    until_unready(&address);
    let close = Some("close".to_owned());
    for (stream, (method, path, status)) in kept.iter_mut().zip([
        ("GET", "/health", 200),
        ("GET", "/readyz", 503),
        ("GET", "/v1/catalog/cpus", 200),
        ("HEAD", "/v1/catalog/cpus", 200),
        ("GET", "/v1/catalog/warp", 404),
        ("DELETE", "/v1/catalog/cpus", 405),
    ]) {
        // A connection from before, and a new one.
        let (given, connection, _) = ask(stream, method, path);
        assert_eq!((given, connection), (status, close.clone()), "{method} {path}");
        is_closed(stream);
        let (given, connection, _) = ask_anew(&address, method, path);
        assert_eq!((given, connection), (status, close.clone()), "{method} {path} anew");
    }
    wire::send(&mut posting, rest);
    let (head, _) = wire::answer(&mut posting);
    assert_eq!((wire::status(&head), wire::header(&head, "connection")), (201, Some("close")), "{head}");
    is_closed(&mut posting);
    // HTTP/2 has no such header, and goes on.
    assert!(wire::http2(&address, "GET", "/health", &[], "").contains("\"ok\""));
    bare.signal("TERM");
    assert_eq!(bare.ends_by_itself().0, Some(0));
}

/// Demands an end that says that a request was cut off, and that it was.
#[track_caller]
fn was_cut_off(bare: &mut Bare, posting: &mut TcpStream) {
    let (code, log) = bare.ends_by_itself();
    assert_eq!(code, Some(0));
    assert!(log.contains("cut off"), "it says so: {log}");
    is_closed(posting);
}

#[test]
fn a_second_signal_stops_at_once() {
    let mut bare = Bare::start(&[LONG]);
    let address = bare.address();
    let (mut posting, _) = begin_post(&address);
    bare.signal("TERM");
    until_unready(&address);
    bare.signal("TERM");
    was_cut_off(&mut bare, &mut posting);
}

#[test]
fn a_request_that_takes_too_long_is_cut_off() {
    let mut bare = Bare::start(&[("PARTBOOK_SHUTDOWN_TIMEOUT", "1")]);
    let address = bare.address();
    let (mut posting, _) = begin_post(&address);
    bare.signal("TERM");
    was_cut_off(&mut bare, &mut posting);
}

#[test]
fn idle_connections_hold_nothing_up() {
    let mut bare = Bare::start(&[]);
    let address = bare.address();
    // One that was used, and one that was not.
    let mut idle = [wire::connect(&address), wire::connect(&address)];
    assert_eq!(ask(&mut idle[0], "GET", "/livez").0, 200);
    bare.signal("TERM");
    let (code, log) = bare.ends_by_itself();
    assert_eq!(code, Some(0));
    assert!(!log.contains("cut off"), "{log}");
    idle.iter_mut().for_each(is_closed);
}

backends!(a_client_that_does_not_read_is_cut_off);
async fn a_client_that_does_not_read_is_cut_off(backend: Backend) {
    let service = Server::options().env("PARTBOOK_SHUTDOWN_TIMEOUT", "1").start(backend).await;
    service.fill(&CPU, 30_000).await;
    let mut stream = wire::connect(service.address());
    wire::send(&mut stream, &format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", CPU.path));
    assert_eq!(wire::status(&wire::head(&mut stream)), 200);
    let begin = Instant::now();
    assert!(service.stop().await.success());
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[test]
fn operators_are_answered_to_the_end() {
    let mut bare = Bare::start(&[("PARTBOOK_ADMIN_LISTEN", "127.0.0.1:0"), ("PARTBOOK_DRAIN_DELAY", "1")]);
    let admin = bare.address_of("metrics and health");
    let address = bare.address();
    assert_eq!(ask_anew(&admin, "GET", "/readyz").0, 200);
    let (mut posting, rest) = begin_post(&address);
    bare.signal("TERM");
    until_unready(&admin);
    let well = || {
        for (path, status) in [("/readyz", 503), ("/health", 200), ("/livez", 200), ("/v1/catalog/cpus", 404)] {
            assert_eq!(ask_anew(&admin, "GET", path).0, status, "{path}");
        }
        let (status, _, figures) = ask_anew(&admin, "GET", "/metrics");
        assert_eq!(status, 200);
        let scrape = Scrape::parse(&figures);
        assert_eq!(scrape.value("http_requests_in_flight", &[]), Some(2.0), "the POST, and this one");
    };
    // While the delay runs, and while the last requests do.
    well();
    let begin = Instant::now();
    while TcpStream::connect(&address).is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(20), "still listening");
    }
    well();
    wire::send(&mut posting, rest);
    assert_eq!(wire::status(&wire::answer(&mut posting).0), 201);
    assert_eq!(bare.ends_by_itself().0, Some(0));
}
