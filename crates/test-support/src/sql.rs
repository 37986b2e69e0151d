//! Plain SQL on a database, over a connection beside the service's.

use partbook_database::{Connection as Driver, DatabaseUrl, Error, TextRow, ViolationKind};

/// The rows of a query, every value as the database's own text, null as `None`.
pub type Rows = Vec<TextRow>;

/// A connection of another program, which knows nothing of the service's rules.
#[derive(Debug)]
pub struct Connection {
    driver: Driver,
    is_sqlite: bool,
}

/// Why statements did not succeed.
#[derive(Debug, PartialEq, Eq)]
pub enum Breach {
    /// A unique index.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// Another transaction is in the way: each waits for the other, or a lock could not be had.
    Contention,
    /// Anything else, in the database's words.
    Other(String),
}

impl Connection {
    /// Connects to a URL such as the service takes. A SQLite file that is not there is created. Foreign keys are checked
    /// on either database.
    pub async fn open(url: &str) -> Self {
        let parsed = DatabaseUrl::parse(url).unwrap_or_else(|fault| panic!("{url}: {fault}"));
        let driver = Driver::open(&parsed).await;
        let driver = driver.unwrap_or_else(|fault| panic!("no connection beside the service's: {}", fault.reason()));
        let is_sqlite = url.starts_with("sqlite:");
        let mut connection = Self { driver, is_sqlite };
        if is_sqlite {
            // Races have many writers.
            connection.run("pragma busy_timeout = 30000").await;
        }
        connection
    }

    /// Whether this is a SQLite file.
    pub fn is_sqlite(&self) -> bool {
        self.is_sqlite
    }

    /// The name by which statements call a table of Partbook's own.
    pub fn own(&self, name: &str) -> String {
        own(self.is_sqlite, name)
    }

    /// Executes one statement or several, separated by semicolons.
    ///
    /// # Errors
    /// The database turned them away.
    pub async fn attempt(&mut self, statements: &str) -> Result<(), Breach> {
        self.driver.execute(statements).await.map_err(|error| breach(&error))
    }

    /// Executes statements that must succeed.
    pub async fn run(&mut self, statements: &str) {
        self.attempt(statements).await.unwrap_or_else(|breach| panic!("{breach:?}\nin: {statements}"));
    }

    /// The rows of a query that must succeed.
    pub async fn rows(&mut self, query: &str) -> Rows {
        let rows = self.driver.text_rows(query).await;
        rows.unwrap_or_else(|error| panic!("{}\nin: {query}", error.reason()))
    }

    /// The one value of a query that has one row with one column.
    pub async fn value(&mut self, query: &str) -> Option<String> {
        let mut rows = self.rows(query).await;
        assert!(rows.len() == 1 && rows[0].len() == 1, "not one value: {rows:?}");
        rows.remove(0).remove(0)
    }

    /// The whole number that a query answers.
    ///
    /// # Panics
    /// It answers something else.
    pub async fn number(&mut self, query: &str) -> i64 {
        let value = self.value(query).await;
        value.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no number: {query}"))
    }

    /// How many rows a table has that a condition is true of.
    pub async fn count(&mut self, table: &str, condition: &str) -> i64 {
        self.number(&format!("select count(*) from {table} where {condition}")).await
    }

    /// Begins a transaction that writes.
    pub async fn begin(&mut self) {
        let begin = if self.is_sqlite() { "begin immediate" } else { "begin" };
        self.run(begin).await;
    }

    /// Says goodbye, and waits until the database knows.
    pub async fn close(self) {
        self.driver.close().await.expect("a connection closes");
    }
}

/// The name by which statements call a table of Partbook's own, where the catalog is in the schema `public`.
pub(crate) fn own(is_sqlite: bool, name: &str) -> String {
    format!("partbook{}{name}", if is_sqlite { '_' } else { '.' })
}

fn breach(error: &Error) -> Breach {
    match error.violation().map(|violation| violation.kind) {
        Some(ViolationKind::Unique) => Breach::Unique,
        Some(ViolationKind::ForeignKey) => Breach::ForeignKey,
        None if error.is_contention() => Breach::Contention,
        None => Breach::Other(error.reason()),
    }
}
