//! What the tests are written with: a service, requests to it, its answers, and the contract in tables.
//!
//! A test is an `async fn` whose argument says what it needs, and a line that says where it runs:
//!
//! ```ignore
//! use partbook_test_support::{Service, backends, contract::CPU};
//! use serde_json::json;
//!
//! backends!(a_taken_name_is_refused); // on SQLite and on PostgreSQL
//! async fn a_taken_name_is_refused(service: Service) {
//!     let cpu = service.created(CPU.path, &json!({"name": "Zen", "manufacturer": "AMD"})).await;
//!     let problem = service.post(CPU.path, &json!({"name": "Zen", "manufacturer": "AMD"})).await.problem(422);
//!     assert_eq!(problem.detail, "CPU with name 'Zen' already exists");
//!     let rows = service.rows("select id from cpu").await;
//!     assert_eq!(rows, [[Some(cpu["id"].to_string())]]);
//! }
//!
//! backends!(the_socket_may_be_asked_for: Postgres, Legacy); // on a choice of databases
//! async fn the_socket_may_be_asked_for(backend: Backend) {
//!     let server = Server::options().arg("--demo").env("PARTBOOK_ENVIRONMENT", "test").start(backend).await;
//!     let answer = server.get("/v1/catalog/cpus?socket=AM4").await.expect(200);
//!     assert!(!answer.array().is_empty());
//! }
//! ```
//!
//! The argument is a [`Service`] on a fresh database, which runs inside the test and is asked without a network; a
//! [`Server`], the same as a process of its own, for tests of its start, its end, its log or the network; a [`Database`]
//! that nothing runs on; or a [`Backend`]. Table-driven tests walk over [`contract::catalog`], bodies come from
//! [`contract::Entity::minimal`] and `full`. A test that fails prints the service's log.
//!
//! A test names the legacy schema only where that makes a difference: keys of several columns, rights, idempotency, the
//! start. Otherwise its tables are ours, which `legacy::schema` in `tests/api` makes sure of. What an answer owes nothing to
//! the database is tested on SQLite alone.
//!
//! Databases are copies of templates (`template`), made once in a run.

#![allow(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "what is demanded of an answer is often all that is wanted of it"
)]

pub mod admin;
mod answer;
mod app;
pub mod body;
pub mod cluster;
pub mod contract;
mod database;
mod desk;
pub mod http2;
pub mod lock;
pub mod log;
mod output;
pub mod points;
pub mod process;
pub mod prometheus;
mod property;
mod random;
pub mod relay;
pub mod replicas;
mod request;
pub mod scratch;
pub mod server;
mod service;
pub mod sql;
mod template;
mod together;
mod tokens;
pub mod wire;

pub use answer::{Answer, Fault, Problem};
pub use app::{Options, api_document, repository};
pub use database::Database;
pub use partbook_domain::access::Anonymous;
pub use process::partbook;
pub use property::property;
pub use random::random_word;
pub use request::{Request, client, query};
pub use reqwest::Method;
pub use server::Server;
pub use service::Service;
pub use together::{CLIENTS_TO_MEET, together, until_some_meet};
pub use tokens::{Tokens, secret};

/// The databases that tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A new file.
    Sqlite,
    /// A PostgreSQL database of our own.
    Postgres,
    /// A PostgreSQL database with the legacy schema (contract section 10) and no rows.
    Legacy,
}

/// What a test that runs on several databases can take as its argument.
#[expect(async_fn_in_trait, reason = "tests run where they are, and need no promise of being sent")]
pub trait FromBackend {
    /// Makes it, fresh.
    async fn from_backend(backend: Backend) -> Self;
}

impl FromBackend for Backend {
    async fn from_backend(backend: Backend) -> Self {
        backend
    }
}

impl FromBackend for Database {
    async fn from_backend(backend: Backend) -> Self {
        Self::create(backend)
    }
}

/// Runs a test with what it takes.
pub async fn run<T: FromBackend>(backend: Backend, test: impl AsyncFnOnce(T)) {
    test(T::from_backend(backend).await).await;
}

/// Makes a test of an `async fn` for SQLite and for PostgreSQL, or for the databases named after a colon: `name::sqlite`,
/// `name::postgres`, `name::legacy`. Those after `torture:` are left to `scripts/torture`. The function stays outside the
/// macro, where rustfmt sees it.
#[macro_export]
macro_rules! backends {
    ($name:ident) => {
        $crate::backends!($name: Sqlite, Postgres);
    };
    ($name:ident: $($backend:ident),+ $(; torture: $($long:ident),+)?) => {
        mod $name {
            $($crate::backends!(@test $name $backend []);)+
            $($($crate::backends!(@test $name $long [#[ignore = "scripts/torture runs it"]]);)+)?
        }
    };
    (@test $name:ident Sqlite $ignore:tt) => { $crate::backends!(@test $name Sqlite as sqlite $ignore); };
    (@test $name:ident Postgres $ignore:tt) => { $crate::backends!(@test $name Postgres as postgres $ignore); };
    (@test $name:ident Legacy $ignore:tt) => { $crate::backends!(@test $name Legacy as legacy $ignore); };
    (@test $name:ident $backend:ident as $test:ident [$($ignore:tt)*]) => {
        #[tokio::test]
        $($ignore)*
        async fn $test() {
            $crate::run($crate::Backend::$backend, super::$name).await;
        }
    };
}
