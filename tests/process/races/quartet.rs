//! Four processes of the service on one database.

use std::ops::Index;

use partbook_test_support::{Backend, Database, FromBackend, Server};

use super::Program;

/// How many processes there are.
const PROCESSES: usize = 4;

/// The sides of a race whose requests go to the processes in turn.
pub(super) const HALVES: [&str; 2] = ["processes 1 and 3 first", "processes 2 and 4 first"];

/// Four processes of the service, and the database that they share.
pub(super) struct Quartet {
    pub(super) backend: Backend,
    services: Vec<Server>,
}

impl Quartet {
    /// Starts them on a fresh database to which `tables` was added before.
    pub(super) async fn with_tables(backend: Backend, tables: &str) -> Self {
        let database = Database::prepared(backend);
        if !tables.is_empty() {
            database.sql(tables).await;
        }
        let mut services = Vec::with_capacity(PROCESSES);
        for _ in 0..PROCESSES {
            services.push(Server::options().start_on(&database).await);
        }
        Self { backend, services }
    }

    pub(super) fn database(&self) -> &Database {
        self.services[0].database()
    }

    pub(super) fn services(&self) -> impl Iterator<Item = &Server> {
        self.services.iter()
    }

    /// A connection of another program.
    pub(super) async fn program(&self) -> Program {
        self.database().connect().await
    }

    /// Demands that no process has met anything that it did not expect.
    pub(super) fn is_calm(&self) {
        for service in &self.services {
            let log = service.log();
            let error = log.lines().find(|line| line.contains(r#""level":"ERROR""#));
            assert_eq!(error, None, "an error in the log");
        }
    }
}

impl FromBackend for Quartet {
    async fn from_backend(backend: Backend) -> Self {
        Self::with_tables(backend, "").await
    }
}

/// One of the four; even numbers mean the first and the third, whose requests are one side of a race of processes.
impl Index<usize> for Quartet {
    type Output = Server;

    fn index(&self, number: usize) -> &Server {
        &self.services[number % PROCESSES]
    }
}
