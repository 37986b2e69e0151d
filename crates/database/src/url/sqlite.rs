//! `sqlite://path`.

use std::str::FromStr as _;

use sqlx::sqlite::SqliteConnectOptions;
use url::form_urlencoded;

use super::{DatabaseUrl, Target, UrlError};

/// Reads what follows `sqlite:`.
pub(super) fn parse(rest: &str) -> Result<DatabaseUrl, UrlError> {
    let malformed = |message: &str| Err(UrlError::Malformed(message.to_owned()));
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if path.is_empty() {
        return malformed("the path of the SQLite file is missing, as in sqlite://partbook.db");
    }
    if path == ":memory:" {
        return malformed("a database in memory cannot be shared by several connections; name a file");
    }
    // SQLite itself would read more than a path into such a name.
    if path.starts_with("file:") {
        return malformed("the path of the SQLite file follows `sqlite://` directly, without `file:`");
    }
    let mut create = true;
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match (&*key, &*value) {
            ("mode", "rwc") => {}
            ("mode", "rw") => create = false,
            ("mode", _) => return malformed("`mode` of a SQLite file is `rwc` (create it when missing) or `rw`"),
            _ => return malformed(&format!("a SQLite file has no parameter `{key}`; `mode` is the only one")),
        }
    }
    match SqliteConnectOptions::from_str(&format!("sqlite://{path}")) {
        Ok(options) => Ok(DatabaseUrl {
            target: Target::Sqlite(Box::new(options.create_if_missing(create))),
            has_password: false,
            statement_cache: true,
            ignored: Vec::new(),
            variables: Vec::new(),
        }),
        Err(_) => malformed("the path of the SQLite file is not UTF-8"),
    }
}
