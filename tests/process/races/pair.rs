//! Two processes of the service on one database.

use std::ops::Index;

use partbook_test_support::{Backend, Database, FromBackend, Server};

use super::Program;

/// Two processes of the service, and the database that they share.
pub(super) struct Pair {
    pub(super) backend: Backend,
    services: [Server; 2],
}

impl Pair {
    /// Starts both on a fresh database to which `tables` was added before.
    pub(super) async fn with_tables(backend: Backend, tables: &str) -> Self {
        let database = Database::prepared(backend);
        if !tables.is_empty() {
            database.sql(tables).await;
        }
        let services = [Server::options().start_on(&database).await, Server::options().start_on(&database).await];
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

    /// Demands that neither process has met anything that it did not expect.
    pub(super) fn is_calm(&self) {
        for service in &self.services {
            let log = service.log();
            let error = log.lines().find(|line| line.contains(r#""level":"ERROR""#));
            assert_eq!(error, None, "an error in the log");
        }
    }
}

impl FromBackend for Pair {
    async fn from_backend(backend: Backend) -> Self {
        Self::with_tables(backend, "").await
    }
}

/// One of the two; even numbers mean the first.
impl Index<usize> for Pair {
    type Output = Server;

    fn index(&self, number: usize) -> &Server {
        &self.services[number % 2]
    }
}
