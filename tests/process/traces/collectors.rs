//! A collector that is away, silent or unwilling costs a line in the log and a short wait at the end, and nothing else.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::collector::{TRANSPORTS, Transport};
use partbook_test_support::wire;

/// How long a line of the log may take. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long stopping may take at most: five seconds for the last spans, and what a busy machine adds.
const STOPPING: Duration = Duration::from_secs(20);

/// `partbook serve` on a new file, its log read to the very end.
struct Running {
    child: Child,
    address: String,
    lines: Receiver<String>,
    log: Vec<Value>,
    _directory: TempDir,
}

impl Running {
    fn start(endpoint: &str, transport: Transport, settings: &[(&str, &str)]) -> Self {
        let directory = TempDir::with_prefix("partbook-cwd-").expect("a temporary directory");
        let mut child = Command::new(env!("CARGO_BIN_EXE_partbook"))
            .env_clear()
            .envs([("PARTBOOK_LISTEN", "127.0.0.1:0"), ("PARTBOOK_LOG_FORMAT", "json")])
            .envs([("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", transport.protocol())])
            .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20t0ken,x-key=k3y")
            .envs(settings.iter().copied())
            .current_dir(&directory)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (sender, lines) = channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        let mut running = Self { child, address: String::new(), lines, log: Vec::new(), _directory: directory };
        running.line("listening")["address"].as_str().expect("an address").clone_into(&mut running.address);
        running
    }

    /// Waits for a line of the log.
    fn line(&mut self, message: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no line {message:?} in {:#?}", self.log));
            self.keep(&line);
            if line.contains(message) {
                return self.log.last().expect("the line").clone();
            }
        }
    }

    fn keep(&mut self, line: &str) {
        for secret in ["s3cret", "t0ken", "k3y"] {
            assert!(!line.contains(secret), "the log holds a secret: {line}");
        }
        self.log.push(serde_json::from_str(line).expect("a line of JSON"));
    }

    /// Demands that requests are answered.
    fn serves(&self, requests: usize) {
        for _ in 0..requests {
            let mut stream = wire::connect(&self.address);
            let head = "GET /v1/catalog/cpus HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            wire::send(&mut stream, head);
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("[]"), "{answer}");
        }
    }

    /// Asks for the end, and tells how it ended and how long that took. The log is complete then.
    fn stop(&mut self) -> (ExitStatus, Duration) {
        let pid = self.child.id().to_string();
        let kill = Command::new("sh").args(["-c", "kill -s TERM \"$0\"", &pid]).status();
        assert!(kill.is_ok_and(|status| status.success()));
        let begin = Instant::now();
        // The channel closes with the pipe, and that with the process.
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.keep(&line);
        }
        (self.child.wait().expect("a child of ours"), begin.elapsed())
    }

    /// The lines that are more than information.
    fn complaints(&self) -> Vec<&Value> {
        self.log.iter().filter(|line| line["level"] != "INFO").collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the service's log: {:#?}", self.log);
        }
    }
}

/// A collector that takes connections and says nothing. The system accepts them for a listener that does not.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    (listener, address)
}

/// A collector that takes connections and breaks them off. It ends with the test's process.
fn rude() -> String {
    let (listener, address) = silent();
    thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(drop));
    address
}

/// Nobody serves there.
const NOBODY: &str = "127.0.0.1:1";

/// Spans are lost while the service runs, and again at its end.
fn costs_one_line(address: &str, transport: Transport) {
    // The collector is asked soon, and soon given up.
    let settings = [("OTEL_BSP_SCHEDULE_DELAY", "50"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "300")];
    let mut running = Running::start(&format!("http://user:s3cret@{address}"), transport, &settings);
    running.serves(5);
    let line = running.line("the collector does not take traces");
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["endpoint"], format!("http://{address}"), "which collector: {line}");
    assert!(line["spans"].as_u64().is_some_and(|spans| spans > 0), "how many spans: {line}");
    assert!(line["error"].as_str().is_some_and(|error| !error.is_empty()), "why: {line}");
    running.serves(20);
    let (status, spent) = running.stop();
    assert!(status.success() && spent < STOPPING, "{status} after {spent:?}");
    assert_eq!(running.complaints(), [&line]);
}

/// The collector is asked for the first time when the service ends, with the time that it has by default.
fn ends_in_time(address: &str, transport: Transport) {
    let mut running =
        Running::start(&format!("http://user:s3cret@{address}"), transport, &[("OTEL_BSP_SCHEDULE_DELAY", "3600000")]);
    running.serves(20);
    let (status, spent) = running.stop();
    assert!(status.success() && spent < STOPPING, "{status} after {spent:?}");
    let complaints = running.complaints();
    assert!(complaints.len() == 1 && complaints[0]["level"] == "WARN", "{complaints:#?}");
}

#[test]
fn one_that_is_away_costs_one_line() {
    for transport in TRANSPORTS {
        costs_one_line(NOBODY, transport);
    }
}

#[test]
fn one_that_is_silent_costs_one_line() {
    let (_listener, address) = silent();
    for transport in TRANSPORTS {
        costs_one_line(&address, transport);
    }
}

#[test]
fn one_that_breaks_off_costs_one_line() {
    let address = rude();
    for transport in TRANSPORTS {
        costs_one_line(&address, transport);
    }
}

#[test]
fn one_that_is_away_does_not_keep_the_service_from_ending() {
    for transport in TRANSPORTS {
        ends_in_time(NOBODY, transport);
    }
}

#[test]
fn one_that_is_silent_does_not_keep_the_service_from_ending() {
    let (_listener, address) = silent();
    for transport in TRANSPORTS {
        ends_in_time(&address, transport);
    }
}

#[test]
fn one_that_is_silent_does_not_slow_requests_down() {
    let (_listener, address) = silent();
    for transport in TRANSPORTS {
        // Room for fewer spans than one request makes.
        let settings = [
            ("OTEL_BSP_SCHEDULE_DELAY", "50"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "2"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1"),
        ];
        let mut running = Running::start(&format!("http://{address}"), transport, &settings);
        let begin = Instant::now();
        running.serves(300);
        assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
        let (status, spent) = running.stop();
        assert!(status.success() && spent < STOPPING, "{status} after {spent:?}");
        assert!(running.complaints().len() <= 1, "{:#?}", running.complaints());
    }
}
