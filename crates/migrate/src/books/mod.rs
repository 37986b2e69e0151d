//! The books: what a database says of the migrations that it has, and who ran them.

mod entries;
mod history;
mod runs;

pub(crate) use entries::{Entry, Origin, State};
pub(crate) use history::{History, read, read_former};
pub use runs::Run;
pub(crate) use runs::read_runs;

use partbook_database::{Dialect, OwnTables};

/// The table in which versions before kept the history; the name is sqlx's own.
pub(crate) const FORMER_HISTORY: &str = "_sqlx_migrations";

/// The tables of our own that versions before kept beside the catalog.
pub const FORMER_OWN_TABLES: [&str; 2] = [FORMER_HISTORY, "idempotency_key"];

/// The books of a database: the statements that open them and write into them, for those who run migrations.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    /// Where they are.
    pub(crate) own: OwnTables,
}

/// The expression of a time column as RFC 3339, UTC.
fn time(dialect: Dialect, column: &str) -> String {
    match dialect {
        Dialect::Postgres => format!("to_char({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"),
        Dialect::Sqlite => column.to_owned(),
    }
}

/// A text as a literal of SQL.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn quote_or_null(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), quote)
}

/// The version of this program, which is written into the books.
const TOOL: &str = env!("CARGO_PKG_VERSION");
