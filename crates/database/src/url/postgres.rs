//! `postgres://user@host/database`, and the parameters of other drivers.

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use url::{Url, form_urlencoded};

use super::{DatabaseUrl, Target, UrlError};

/// Reads what follows `postgres://`.
pub(super) fn parse(rest: &str) -> Result<DatabaseUrl, UrlError> {
    let mut url = Url::parse(&with_host(rest)).map_err(|error| {
        UrlError::Malformed(format!("{error}; special characters of a password must be written as %XX"))
    })?;
    let mut has_password = url.password().is_some();
    let mut statement_cache = true;
    let mut ignored = Vec::new();
    let mut ssl = None;
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    for (key, value) in url.query_pairs() {
        match &*key {
            "ssl" | "sslmode" | "ssl-mode" => {
                let mode = ssl_mode(&key, &value)?;
                if ssl.is_some_and(|earlier| earlier != mode) {
                    return Err(UrlError::Malformed("`ssl` and `sslmode` contradict each other".to_owned()));
                }
                ssl = Some(mode);
            }
            "prepared_statement_cache_size" | "statement_cache_size" | "statement-cache-capacity" => {
                statement_cache &= value != "0";
            }
            "port" if value.parse::<u16>().is_err() => {
                return Err(UrlError::Malformed("`port` is not a number up to 65535".to_owned()));
            }
            "password" | "host" | "hostaddr" | "port" | "dbname" | "user" | "options" | "sslrootcert" | "sslcert"
            | "sslkey" => {
                has_password |= key == "password";
                parameters.append_pair(&key, &value);
            }
            // Logs tell Partbook's connections by this name.
            "application_name" => {}
            _ => ignored.push(key.into_owned()),
        }
    }
    if let Some(mode) = ssl {
        parameters.append_pair("sslmode", mode);
    }
    let parameters = parameters.finish();
    url.set_query(Some(&parameters));
    let options = PgConnectOptions::from_url(&url).map_err(|_| {
        UrlError::Malformed("special characters must be UTF-8 written as %XX, and `hostaddr` a number".to_owned())
    })?;
    Ok(DatabaseUrl { target: Target::Postgres(Box::new(options)), has_password, statement_cache, ignored })
}

/// A URL in which user and password stand among the parameters when there is no host for them to stand before, as in
/// `postgres://user:password@/database?host=/var/run/postgresql`: the standard of URLs knows no such form.
fn with_host(rest: &str) -> String {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let Some((login, "")) = authority.rsplit_once('@') else { return format!("postgres://{rest}") };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    // In a query, `+` and `&` mean something else.
    let plain = |text: &str| text.replace('+', "%2B").replace('&', "%26");
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, format!("&password={}", plain(password))),
        None => (login, String::new()),
    };
    format!("postgres://{path}?{query}&user={}{password}", plain(user))
}

fn ssl_mode(key: &str, value: &str) -> Result<&'static str, UrlError> {
    const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
    let lower = value.to_ascii_lowercase().replace('_', "-");
    match (key, &*lower) {
        ("ssl", "true" | "1" | "on") => Ok("require"),
        ("ssl", "false" | "0" | "off") => Ok("disable"),
        _ => MODES
            .into_iter()
            .find(|mode| *mode == lower)
            .ok_or_else(|| UrlError::Malformed(format!("`{key}` is one of {}", MODES.join(", ")))),
    }
}
