//! How the service starts without a word, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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
        let mut line = String::new();
        while self.log.read_line(&mut line).is_ok_and(|read| read > 0) {
            if let Some(rest) = line.split("http://").nth(1).filter(|_| line.contains("listening")) {
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
    raw(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
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
    let head = "POST /v1/catalog/cpus HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ";
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
