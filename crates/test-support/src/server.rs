//! `partbook serve` as a process.

use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::process::ExitStatus;

use crate::database::Database;
use crate::process::{Call, Process, partbook};
use crate::service::Service;
use crate::{Backend, FromBackend};

/// `partbook serve` on a port and a database of its own, and the [`Service`] that it is to its clients. Dropping it kills
/// the process and deletes the database.
#[derive(Debug)]
pub struct Server {
    process: Process,
    address: String,
    service: Service,
}

/// How a server is to be started, where the defaults do not do.
#[derive(Debug)]
#[must_use]
pub struct Options(Call);

impl Options {
    /// Adds an argument after `partbook serve`.
    pub fn arg(mut self, argument: &str) -> Self {
        self.0.argument(argument);
        self
    }

    /// Adds an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.variable(name, value);
        self
    }

    /// Hands a socket over, on which the server listens instead of a port of its own.
    pub fn socket(self, socket: impl Into<OwnedFd>) -> Self {
        Self(self.0.socket(socket))
    }

    /// Starts on a fresh database.
    pub async fn start(self, backend: Backend) -> Server {
        self.start_on(&Database::prepared(backend)).await
    }

    /// Starts on a database that exists: prepared by hand, or in use by another service. Its URL is the database's own
    /// unless one was given with [`Self::env`].
    ///
    /// # Panics
    /// The server does not start; the text is what it wrote.
    pub async fn start_on(mut self, database: &Database) -> Server {
        if !self.0.has_variable("DATABASE_URL") && !self.0.has_variable("DATABASE_URL_FILE") {
            self.0.variable("DATABASE_URL", &database.url());
        }
        let process = self.0.spawn();
        let Some(address) = process.logged(address).await else {
            panic!("the service did not start:\n{}", process.stderr.text());
        };
        Server { service: Service::at(&address, database.clone()), process, address }
    }
}

/// `http://127.0.0.1:PORT`, or `unix:PATH`, from the log line that says where the service listens.
fn address(log: &str) -> Option<String> {
    const STARTS: [&str; 2] = ["http://127.0.0.1:", "http://0.0.0.0:"];
    let line = log.lines().find(|line| line.contains("listening"))?;
    if let Some(begin) = line.find("unix:") {
        return line[begin..].split('"').next().map(str::to_owned);
    }
    let start = STARTS.into_iter().find(|start| line.contains(start))?;
    let port = line[line.find(start)? + start.len()..].split(|character: char| !character.is_ascii_digit()).next()?;
    Some(format!("http://127.0.0.1:{port}"))
}

impl Server {
    /// Starts on a fresh database.
    pub async fn start(backend: Backend) -> Self {
        Self::options().start(backend).await
    }

    /// Starts on the legacy schema with the awkward rows of `tests/fixtures/legacy_rows.sql`.
    pub async fn legacy_with_rows() -> Self {
        Self::options().start_on(&Database::legacy_with_rows()).await
    }

    /// The defaults: a free port, everything in the log, as JSON.
    pub fn options() -> Options {
        let options = Options(partbook(&["serve"])).env("PARTBOOK_LISTEN", "127.0.0.1:0");
        options.env("PARTBOOK_LOG_FORMAT", "json").env("PARTBOOK_LOG_LEVEL", "info")
    }

    /// `http://127.0.0.1:PORT`, or `unix:PATH`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Everything the server has written to standard error so far.
    pub fn log(&self) -> String {
        self.process.stderr.text()
    }

    /// Waits until the server has written a text to standard error: an answer may be faster than its line in the log.
    ///
    /// # Panics
    /// It does not write it.
    pub async fn logged(&self, text: &str) {
        let found = self.process.logged(|log| log.contains(text).then_some(())).await;
        assert!(found.is_some(), "the log does not hold {text:?}");
    }

    /// What `find` makes of the log, as soon as it makes something of it.
    pub(crate) async fn found<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.process.logged(find).await
    }

    /// The most memory that the server has had, bytes.
    ///
    /// # Panics
    /// This is not Linux.
    pub fn peak_memory(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("a process of Linux");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// Asks the server to end and waits until it has.
    pub async fn stop(mut self) -> ExitStatus {
        self.process.signal("TERM");
        self.process.wait().await
    }
}

/// What it is to its clients.
impl Deref for Server {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

impl FromBackend for Server {
    async fn from_backend(backend: Backend) -> Self {
        Self::start(backend).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the service's log:\n{}", self.process.stderr.text());
        }
    }
}
