//! The service, in the test's own process.

use partbook_database::Pool;
use reqwest::Method;
use serde_json::Value;

use crate::answer::Answer;
use crate::app::Options;
use crate::contract::{Entity, Kind, Limit};
use crate::database::Database;
use crate::request::{Request, Target};
use crate::sql::Rows;
use crate::{Backend, FromBackend};

/// The service on a database of its own. It runs in the test's process and is asked without a network: what needs a
/// process (its start, its end, its log, the network) takes a [`crate::Server`], which can do all that this can.
#[derive(Debug)]
pub struct Service {
    target: Target,
    database: Database,
    /// The connections of a service in this process.
    pool: Option<Pool>,
}

impl Options {
    /// Starts on a fresh database.
    pub async fn start(self, backend: Backend) -> Service {
        self.start_on(&Database::prepared(backend)).await
    }

    /// Starts on a database that exists: prepared by hand, or in use by another service.
    ///
    /// # Panics
    /// The database cannot be served.
    pub async fn start_on(self, database: &Database) -> Service {
        self.try_start_on(database).await.unwrap_or_else(|refusal| panic!("the service did not start: {refusal}"))
    }

    /// The same, where the service may refuse to start.
    ///
    /// # Errors
    /// The text of the refusal.
    pub async fn try_start_on(self, database: &Database) -> Result<Service, String> {
        crate::output::log_to_the_test();
        let (router, pool) = self.open(&database.url()).await.map_err(|error| error.to_string())?;
        Ok(Service { target: Target::Router(router), database: database.clone(), pool: Some(pool) })
    }
}

impl Service {
    /// Starts on a fresh database.
    pub async fn start(backend: Backend) -> Self {
        Options::default().start(backend).await
    }

    /// Starts on the legacy schema with the awkward rows of `tests/fixtures/legacy_rows.sql`.
    pub async fn legacy_with_rows() -> Self {
        Options::default().start_on(&Database::legacy_with_rows()).await
    }

    /// What `partbook serve` does without settings.
    pub fn options() -> Options {
        Options::default()
    }

    /// A service that runs elsewhere.
    pub(crate) fn at(address: &str, database: Database) -> Self {
        Self { target: Target::at(address), database, pool: None }
    }

    /// Its database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Ends the service, and waits until it has let go of its database.
    pub async fn stop(self) {
        if let Some(pool) = self.pool {
            pool.close().await;
        }
    }

    /// The name by which statements call a table of Partbook's own.
    pub fn own(&self, name: &str) -> String {
        self.database.own(name)
    }

    /// Inserts rows into an empty collection by SQL, where POST would take its time.
    pub async fn fill(&self, entity: &Entity, rows: usize) {
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
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request::new(&self.target, method, path)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }

    /// POST.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).json(body).send().await
    }

    /// PUT.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PUT, path).json(body).send().await
    }

    /// PATCH.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PATCH, path).json(body).send().await
    }

    /// Creates the `number`th minimal row of an entity and answers it as the service does.
    pub async fn create(&self, entity: &Entity, number: u32) -> Value {
        self.created(entity.path, &(entity.minimal)(number)).await
    }

    /// Posts a body that must be accepted.
    pub async fn created(&self, path: &str, body: &Value) -> Value {
        self.post(path, body).await.expect(201).json()
    }

    /// Executes SQL on the service's database, over a connection of the test's own.
    pub async fn sql(&self, statements: &str) {
        self.database.sql(statements).await;
    }

    /// The rows of a query on the service's database, as text.
    pub async fn rows(&self, query: &str) -> Rows {
        self.database.rows(query).await
    }
}

impl FromBackend for Service {
    async fn from_backend(backend: Backend) -> Self {
        Self::start(backend).await
    }
}
