//! A running service of a test's own.

use std::process::ExitStatus;

use reqwest::{Client, Method};
use serde_json::Value;

use super::answer::Answer;
use super::contract::{Entity, Kind, Limit};
use super::database::Database;
use super::process::{Call, Process, partbook};
use super::request::Request;
use super::{Backend, FromBackend};

/// `partbook serve` on a port and a database of its own. Dropping it kills the process and deletes the database.
pub(crate) struct Service {
    process: Process,
    address: String,
    database: Database,
    client: Client,
}

/// How a service is to be started, where the defaults do not do.
pub(crate) struct Options(Call);

impl Options {
    /// Adds an argument after `partbook serve`.
    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.0.argument(argument);
        self
    }

    /// Adds an environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.variable(name, value);
        self
    }

    /// Starts on a fresh database.
    pub(crate) async fn start(self, backend: Backend) -> Service {
        self.start_on(&Database::create(backend).await).await
    }

    /// Starts on a database that exists: prepared by hand, or in use by another service. Its URL is the database's own
    /// unless one was given with [`Self::env`].
    pub(crate) async fn start_on(mut self, database: &Database) -> Service {
        if !self.0.has_variable("DATABASE_URL") && !self.0.has_variable("DATABASE_URL_FILE") {
            self.0.variable("DATABASE_URL", &database.url());
        }
        let process = self.0.spawn();
        let Some(address) = process.logged(address).await else {
            panic!("the service did not start:\n{}", process.stderr.text());
        };
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client without TLS");
        Service { process, address, database: database.clone(), client }
    }
}

/// `http://127.0.0.1:PORT` from the log line that says where the service listens.
fn address(log: &str) -> Option<String> {
    const START: &str = "http://127.0.0.1:";
    let line = log.lines().find(|line| line.contains("listening"))?;
    let port = line[line.find(START)? + START.len()..].split(|character: char| !character.is_ascii_digit()).next()?;
    Some(format!("{START}{port}"))
}

impl Service {
    /// Starts on a fresh database.
    pub(crate) async fn start(backend: Backend) -> Self {
        Self::options().start(backend).await
    }

    /// Starts on the legacy schema with the awkward rows of `fixtures/legacy_rows.sql`.
    pub(crate) async fn legacy_with_rows() -> Self {
        Self::options().start_on(&Database::legacy_with_rows().await).await
    }

    /// The defaults: a free port, everything in the log, as JSON.
    pub(crate) fn options() -> Options {
        let options = Options(partbook(&["serve", "--listen", "127.0.0.1:0"]));
        options.env("PARTBOOK_LOG_FORMAT", "json").env("PARTBOOK_LOG_LEVEL", "info")
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Everything the service has written to standard error so far.
    pub(crate) fn log(&self) -> String {
        self.process.stderr.text()
    }

    /// Waits until the service has written a text to standard error: an answer may be faster than its line in the log.
    pub(crate) async fn logged(&self, text: &str) {
        let begin = std::time::Instant::now();
        while !self.log().contains(text) {
            assert!(begin.elapsed().as_secs() < 10, "the log does not hold {text:?}");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Asks the service to end and waits until it has.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        self.process.signal("TERM");
        self.process.wait().await
    }

    /// Inserts rows into an empty collection by SQL, where POST would take its time.
    pub(crate) async fn fill(&self, entity: &Entity, rows: usize) {
        let value = |limit: &Limit| match limit.kind {
            Kind::Text if limit.field == "name" => Some("'Row ' || n"),
            Kind::Text if limit.field == entity.note() => Some("'Some words about the row, to make it longer.'"),
            Kind::Text if limit.required => Some("'x'"),
            Kind::Integer if entity.natural_key.contains(&limit.field) => Some("n"),
            Kind::Choice(_) => Some("'unknown'"),
            Kind::Object => Some("'{\"a\": 1}'"),
            _ => None,
        };
        let column = |field| if field == "attributes" { "attributes_json" } else { field };
        let (columns, values): (Vec<&str>, Vec<&str>) =
            entity.limits().filter_map(|limit| Some((column(limit.field), value(limit)?))).unzip();
        self.sql(&format!(
            "insert into {} ({})
             with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {rows})
             select {} from numbers",
            entity.table,
            columns.join(", "),
            values.join(", ")
        ))
        .await;
    }

    /// A request to be completed with headers and a body. `path` begins with a slash and may have a query.
    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        Request::new(self.client.request(method, format!("{}{path}", self.address)))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).json(body).send().await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PUT, path).json(body).send().await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PATCH, path).json(body).send().await
    }

    /// Creates the `number`th minimal row of an entity and answers it as the service does.
    pub(crate) async fn create(&self, entity: &Entity, number: u32) -> Value {
        self.created(entity.path, &(entity.minimal)(number)).await
    }

    /// Posts a body that must be accepted.
    pub(crate) async fn created(&self, path: &str, body: &Value) -> Value {
        self.post(path, body).await.expect(201).json()
    }

    /// Executes SQL on the service's database, over a connection of the test's own.
    pub(crate) async fn sql(&self, statements: &str) {
        self.database.sql(statements).await;
    }

    /// The rows of a query on the service's database, as text.
    pub(crate) async fn rows(&self, query: &str) -> Vec<Vec<Option<String>>> {
        self.database.rows(query).await
    }
}

impl FromBackend for Service {
    async fn from_backend(backend: Backend) -> Self {
        Self::start(backend).await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the service's log:\n{}", self.process.stderr.text());
        }
    }
}
