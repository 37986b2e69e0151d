//! The books: what a database says of the migrations that it has, and who ran them.

mod entries;
mod history;
mod own;
mod runs;

pub(crate) use entries::{Entry, Origin, State};
pub(crate) use history::{History, read, read_former};
pub(crate) use own::{FORMER_HISTORY, Own};
pub use runs::Run;
pub(crate) use runs::read_runs;

use partbook_database::Dialect;

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
