//! What the tests are written with: a service, requests to it, its answers, and the contract in tables.
//!
//! A test is an `async fn` whose argument says what it needs, and a line that says where it runs:
//!
//! ```ignore
//! use crate::support::{Service, backends, contract::CPU};
//! use serde_json::json;
//!
//! backends!(a_taken_name_is_refused); // on SQLite, PostgreSQL and the legacy schema
//! async fn a_taken_name_is_refused(service: Service) {
//!     let cpu = service.created(CPU.path, &json!({"name": "Zen", "manufacturer": "AMD"})).await;
//!     let problem = service.post(CPU.path, &json!({"name": "Zen", "manufacturer": "AMD"})).await.problem(422);
//!     assert_eq!(problem.detail, "CPU with name 'Zen' already exists");
//!     let rows = service.rows("select id from cpu").await;
//!     assert_eq!(rows, [[Some(cpu["id"].to_string())]]);
//! }
//!
//! backends!(the_socket_may_be_asked_for: Sqlite, Postgres); // on a choice of them
//! async fn the_socket_may_be_asked_for(backend: Backend) {
//!     let service = Service::options().arg("--demo").env("PARTBOOK_ENVIRONMENT", "test").start(backend).await;
//!     let answer = service.get("/v1/catalog/cpus?socket=AM4").await.expect(200);
//!     assert!(!answer.array().is_empty());
//! }
//! ```
//!
//! The argument is a [`Service`] that runs on a fresh database, a [`Database`] that nothing runs on, or a [`Backend`].
//! Table-driven tests walk over [`contract::catalog`], bodies come from [`contract::Entity::minimal`] and `full`.
//! A test that fails prints the service's log.

pub(crate) mod admin;
pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod collector;
pub(crate) mod contract;
pub(crate) mod database;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod prometheus;
pub(crate) mod property;
pub(crate) mod request;
pub(crate) mod service;
pub(crate) mod together;
pub(crate) mod wire;

pub(crate) use answer::Answer;
pub(crate) use database::Database;
pub(crate) use process::partbook;
pub(crate) use property::property;
pub(crate) use request::{Request, query};
pub(crate) use reqwest::Method;
pub(crate) use service::Service;
pub(crate) use together::together;

/// The three databases every behaviour is tested on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    /// A new file.
    Sqlite,
    /// An empty PostgreSQL database, for the service to set up.
    Postgres,
    /// A PostgreSQL database with the legacy schema (contract section 10) and no rows.
    Legacy,
}

/// What a test that runs on several databases can take as its argument.
pub(crate) trait FromBackend {
    async fn from_backend(backend: Backend) -> Self;
}

impl FromBackend for Backend {
    async fn from_backend(backend: Backend) -> Self {
        backend
    }
}

impl FromBackend for Database {
    async fn from_backend(backend: Backend) -> Self {
        Self::create(backend).await
    }
}

/// Runs a test with what it takes.
pub(crate) async fn run<T: FromBackend>(backend: Backend, test: impl AsyncFnOnce(T)) {
    test(T::from_backend(backend).await).await;
}

/// Makes a test of an `async fn` for every database, or for those named after a colon: `name::sqlite`,
/// `name::postgres`, `name::legacy`. The function stays outside the macro, where rustfmt sees it.
macro_rules! backends {
    ($name:ident) => {
        backends!($name: Sqlite, Postgres, Legacy);
    };
    ($name:ident: $($backend:ident),+) => {
        mod $name {
            use $crate::support::{Backend, backends, run};
            $(backends!(@test $name $backend);)+
        }
    };
    (@test $name:ident Sqlite) => { backends!(@test $name Sqlite as sqlite); };
    (@test $name:ident Postgres) => { backends!(@test $name Postgres as postgres); };
    (@test $name:ident Legacy) => { backends!(@test $name Legacy as legacy); };
    (@test $name:ident $backend:ident as $test:ident) => {
        #[tokio::test]
        async fn $test() {
            run(Backend::$backend, super::$name).await;
        }
    };
}
pub(crate) use backends;
