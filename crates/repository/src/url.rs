//! The database URL: which database it chooses, and what of it may be shown (contract section 9).

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use url::{Url, form_urlencoded};

/// What an operator is told who gave something else.
const ALLOWED: &str =
    "use sqlite://path/to/file.db or postgres://user@host/database (postgresql:// and postgresql+driver:// work too)";

/// A database URL that was understood. What it prints never holds the password.
#[derive(Clone)]
pub struct DatabaseUrl {
    target: Target,
    has_password: bool,
    statement_cache: bool,
    ignored: Vec<String>,
}

/// The connection options of the database that a URL chooses.
#[derive(Clone)]
pub(crate) enum Target {
    Postgres(Box<PgConnectOptions>),
    Sqlite(Box<SqliteConnectOptions>),
}

/// Why a text is no database URL. The messages are one line and quote nothing that could be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Nothing was given.
    #[error("is empty: {ALLOWED}")]
    Empty,
    /// A bare path or name. It could be a mistyped URL, so it is not taken for a file.
    #[error("has no scheme: {ALLOWED}")]
    NoScheme,
    /// A scheme of another database, or a mistyped one.
    #[error("begins with `{0}:`, which is not a database Partbook knows: {ALLOWED}")]
    Scheme(String),
    /// The scheme is known, the rest cannot be read.
    #[error("cannot be read: {0}")]
    Malformed(String),
}

impl DatabaseUrl {
    /// Reads a database URL.
    ///
    /// - `sqlite://path` and `sqlite:path` name a file, relative to the working directory unless the path begins with a
    ///   slash (`sqlite:///var/lib/partbook.db`); `%` escapes are decoded. A file that is not there is created, unless
    ///   `?mode=rw` says otherwise.
    /// - `postgres://`, `postgresql://` and `postgresql+driver://` (the driver is not looked at) take libpq's parameters,
    ///   `host` with the directory of a Unix socket among them, and `ssl`, asyncpg's name for `sslmode`. What other
    ///   drivers understand and this one does not is ignored; [`Self::ignored`] names it.
    ///
    /// # Errors
    /// Anything else is refused; it is never taken for the name of a file.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(UrlError::Empty);
        }
        let (scheme, rest) = text.split_once(':').ok_or(UrlError::NoScheme)?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character));
        if !is_scheme {
            return Err(UrlError::NoScheme);
        }
        let scheme = scheme.to_ascii_lowercase();
        match scheme.split_once('+').unwrap_or((&scheme, "driver")) {
            ("sqlite", _) if scheme == "sqlite" => sqlite(rest),
            ("postgres" | "postgresql", driver) if !driver.is_empty() => match rest.strip_prefix("//") {
                Some(rest) => postgres(rest),
                None => Err(UrlError::Malformed(format!("`//` must follow `{scheme}:`"))),
            },
            // `user:password@host` has the form of a URL whose scheme is the user: not quoted.
            _ if rest.starts_with("//") => Err(UrlError::Scheme(scheme)),
            _ => Err(UrlError::NoScheme),
        }
    }

    /// Whether the URL holds a password. One from `PGPASSWORD` or a password file does not count.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.has_password
    }

    /// The SQLite file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.target {
            Target::Sqlite(options) => Some(options.get_filename()),
            Target::Postgres(_) => None,
        }
    }

    /// The names of query parameters that have no meaning here.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Whether statements may stay prepared between uses: not when a parameter with which other drivers turn that off
    /// behind a connection pooler does so.
    pub(crate) fn statement_cache(&self) -> bool {
        self.statement_cache
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for DatabaseUrl {
    /// The database as it is reached, defaults filled in; no password, no parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Sqlite(options) => write!(f, "sqlite://{}", options.get_filename().display()),
            Target::Postgres(options) => {
                let (user, port) = (options.get_username(), options.get_port());
                let database = options.get_database().unwrap_or(user);
                let socket = options.get_socket().map(|path| path.display().to_string());
                match socket.or_else(|| options.get_host().starts_with('/').then(|| options.get_host().to_owned())) {
                    Some(socket) => write!(f, "postgres://{user}@/{database}?host={socket}&port={port}"),
                    None => write!(f, "postgres://{user}@{}:{port}/{database}", options.get_host()),
                }
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

fn sqlite(rest: &str) -> Result<DatabaseUrl, UrlError> {
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
        }),
        Err(_) => malformed("the path of the SQLite file is not UTF-8"),
    }
}

/// `rest` is what follows `postgres://`.
fn postgres(rest: &str) -> Result<DatabaseUrl, UrlError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        DatabaseUrl::parse(text).unwrap().to_string()
    }

    fn fault(text: &str) -> String {
        DatabaseUrl::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_named_relative_or_absolute() {
        for (text, path) in [
            ("sqlite://partbook.db", "partbook.db"),
            ("sqlite:partbook.db", "partbook.db"),
            ("SQLite://data/partbook.db?mode=rwc", "data/partbook.db"),
            ("sqlite:///var/lib/partbook.db", "/var/lib/partbook.db"),
            ("sqlite://a%20b%3F.db", "a b?.db"),
            (" sqlite://partbook.db\n", "partbook.db"),
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap().file(), Some(Path::new(path)), "{text}");
        }
    }

    #[test]
    fn postgres_is_reached_in_many_spellings() {
        for scheme in ["postgres", "postgresql", "postgresql+asyncpg", "postgres+psycopg2", "PostgreSQL"] {
            assert_eq!(shown(&format!("{scheme}://u:p@h:5433/d")), "postgres://u@h:5433/d");
        }
        assert_eq!(
            shown("postgres:///d?host=/var/run/postgresql&user=u&port=1"),
            "postgres://u@/d?host=/var/run/postgresql&port=1"
        );
        let login = DatabaseUrl::parse("postgresql+asyncpg://u:p+%26@/d?host=/cloudsql/x&port=5432").unwrap();
        assert_eq!(login.to_string(), "postgres://u@/d?host=/cloudsql/x&port=5432");
        assert!(login.has_password());
        assert_eq!(shown("postgres://u@%2Ftmp:5432/d"), "postgres://u@/d?host=/tmp&port=5432");
    }

    #[test]
    fn what_is_no_database_url_is_never_a_file() {
        for text in ["foo.db", "", "  ", "/var/lib/partbook.db", "partbook", "C:\\partbook.db", "u:secret@host/d"] {
            let message = fault(text);
            assert!(message.contains(ALLOWED) && !message.contains("secret"), "{text}: {message}");
        }
        for text in ["postgress://u:secret@h/d", "mysql://u:secret@h/d", "sqlite+aiosqlite:///x.db", "postgres+://h/d"]
        {
            let message = fault(text);
            assert!(message.contains(ALLOWED) && !message.contains("secret"), "{text}: {message}");
            assert!(message.contains(text.split_once(':').unwrap().0), "{text}: {message}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_one_line_without_the_password() {
        for text in [
            "postgres://u:sec#ret@h/d",
            "postgres://u:secret@h:99999/d",
            "postgres://u:secret@h/d?sslmode=maybe",
            "postgres://u:secret@h/d?ssl=require&sslmode=disable",
            "postgres://u:secret@h/d?port=x",
            "postgres://u:secret%FF@h/d",
            "postgres:u:secret@h/d",
            "sqlite://:memory:",
            "sqlite://",
            "sqlite://x.db?mode=memory",
            "sqlite://x.db?cache=shared",
        ] {
            let message = fault(text);
            assert!(!message.contains("secret") && !message.contains('\n'), "{text}: {message}");
        }
    }

    #[test]
    fn nothing_printed_holds_the_password() {
        for text in ["postgres://u:secret@h/d", "postgres://u@h/d?password=secret", "postgres://u:secret@/d"] {
            let url = DatabaseUrl::parse(text).unwrap();
            assert!(url.has_password());
            assert!(!format!("{url} {url:?}").contains("secret"), "{url:?}");
        }
        assert!(!DatabaseUrl::parse("postgres://u@h/d").unwrap().has_password());
    }

    #[test]
    fn parameters_of_other_drivers_are_mapped_or_named() {
        let url = DatabaseUrl::parse("postgresql+asyncpg://u@h/d?ssl=require&command_timeout=5&channel_binding=prefer");
        let url = url.unwrap();
        assert_eq!(url.ignored(), ["command_timeout", "channel_binding"]);
        let Target::Postgres(options) = url.target() else { panic!("{url:?}") };
        assert!(matches!(options.get_ssl_mode(), sqlx::postgres::PgSslMode::Require));
        assert!(url.statement_cache());
        let pooled = DatabaseUrl::parse("postgresql+asyncpg://u@h/d?prepared_statement_cache_size=0").unwrap();
        assert!(!pooled.statement_cache());
    }
}
