//! Parameters by which other drivers set what Partbook has settings or libpq an option for.

use sqlx::postgres::PgConnectOptions;

use super::UrlError;

/// Whether a parameter turns prepared statements off, as is needed behind a connection pooler: by the name that a driver or
/// a tool has for it. None for other parameters.
pub(super) fn turns_statement_cache_off(key: &str, value: &str) -> Option<bool> {
    let value = value.to_ascii_lowercase();
    let (yes, no) = (matches!(&*value, "true" | "1" | "on" | "yes"), matches!(&*value, "false" | "0" | "off" | "no"));
    match key {
        // asyncpg with SQLAlchemy, asyncpg, sqlx, pgx, JDBC
        "prepared_statement_cache_size"
        | "statement_cache_size"
        | "statement-cache-capacity"
        | "statement_cache_capacity"
        | "prepareThreshold" => Some(value == "0"),
        // psycopg 3, where 0 means at once
        "prepare_threshold" => Some(value == "none"),
        // Prisma, pgx 4, lib/pq
        "pgbouncer" | "prefer_simple_protocol" | "binary_parameters" => Some(yes),
        // Rails, postgres.js
        "prepared_statements" | "prepare" => Some(no),
        // pgx 5 and 4
        "default_query_exec_mode" => Some(value != "cache_statement"),
        "statement_cache_mode" => Some(value == "describe"),
        _ => None,
    }
}

/// The schemas in which tables are looked for and made, in place of the role's own search path.
#[derive(Default)]
pub(super) struct SearchPath(Option<String>);

impl SearchPath {
    /// Takes `schema` (Prisma), which is one name as it stands, or `currentSchema` (JDBC) or `search_path` (pgx, lib/pq),
    /// which are PostgreSQL's own list of names.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), UrlError> {
        if value.trim().is_empty() {
            return Err(UrlError::Malformed(format!("`{key}` is empty; name a schema, or leave it out")));
        }
        let path = if key == "schema" { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() };
        if self.0.as_ref().is_some_and(|earlier| *earlier != path) {
            return Err(UrlError::Malformed(
                "`schema`, `currentSchema` and `search_path` mean the same; give one of them".to_owned(),
            ));
        }
        self.0 = Some(path);
        Ok(())
    }

    pub(super) fn apply(self, options: PgConnectOptions) -> PgConnectOptions {
        match self.0 {
            Some(path) => options.options([("search_path", path)]),
            None => options,
        }
    }
}
