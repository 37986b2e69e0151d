//! The database URL: which database it chooses, and what of it may be shown (contract section 9).

mod hosts;
mod parameters;
mod postgres;
mod servers;
mod sqlite;
#[cfg(test)]
mod tests;
mod tls;
mod user;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use servers::Choice;
pub(crate) use servers::{Servers, SessionKind};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// The accepted forms, for error messages.
const ALLOWED: &str =
    "use sqlite://path/to/file.db or postgres://user@host/database (postgresql:// and postgresql+driver:// work too)";

/// A database URL that was understood. What it prints never holds the password.
#[derive(Clone)]
pub struct DatabaseUrl {
    target: Target,
    has_password: bool,
    statement_cache: bool,
    ignored: Vec<String>,
    /// Variables for PostgreSQL's programs that the options do not give back, the password among them.
    variables: Vec<(&'static str, String)>,
}

/// The connection options of the database that a URL chooses.
#[derive(Clone)]
pub(crate) enum Target {
    Postgres(Box<Servers>),
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
    /// No user, and the system has no name for whoever runs the process.
    #[error(
        "names no user, and the system does not know whoever runs Partbook: use postgres://user@host/database, or PGUSER"
    )]
    NoUser,
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
    ///   `host` with the directory of a Unix socket and lists of hosts among them, and what other drivers call `sslmode`, the search path
    ///   and prepared statements. Whatever else they understand is ignored; [`Self::ignored`] names it. A URL without
    ///   a user means `PGUSER`, or the user who runs the process.
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
            ("sqlite", _) if scheme == "sqlite" => sqlite::parse(rest),
            ("postgres" | "postgresql", driver) if !driver.is_empty() => match rest.strip_prefix("//") {
                Some(rest) => postgres::parse(rest),
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

    /// What people call the database: its name, or that of the file.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.target {
            Target::Sqlite(options) => {
                let file = options.get_filename();
                file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
            }
            Target::Postgres(servers) => {
                let options = servers.first();
                options.get_database().unwrap_or(options.get_username()).to_owned()
            }
        }
    }

    /// The same server and user, and another database of it; of a SQLite file, another file.
    #[must_use]
    pub fn with_name(&self, name: &str) -> Self {
        let target = match &self.target {
            Target::Postgres(servers) => Target::Postgres(Box::new(servers.map(|options| options.database(name)))),
            Target::Sqlite(options) => Target::Sqlite(Box::new((**options).clone().filename(name))),
        };
        Self { target, ..self.clone() }
    }

    /// How PostgreSQL's own programs reach the database: libpq's variables, the password among them. Nothing of it belongs on
    /// a command line. None for SQLite.
    #[must_use]
    pub fn libpq_variables(&self) -> Vec<(&'static str, String)> {
        let Target::Postgres(servers) = &self.target else { return Vec::new() };
        let user = servers.first().get_username().to_owned();
        let mut variables = servers.variables();
        variables.push(("PGDATABASE", servers.first().get_database().unwrap_or(&user).to_owned()));
        variables.push(("PGUSER", user));
        variables.extend(self.variables.iter().cloned());
        variables
    }

    /// The same database on one of its servers, which a connection to any database of it has reached.
    pub(crate) fn on_server(&self, reached: PgConnectOptions) -> Self {
        let servers = Servers { hosts: vec![reached.database(&self.name())], choice: Choice::default() };
        Self { target: Target::Postgres(Box::new(servers)), ..self.clone() }
    }

    /// Each of the servers by itself; none for SQLite.
    #[must_use]
    pub fn servers(&self) -> Vec<Self> {
        let Target::Postgres(servers) = &self.target else { return Vec::new() };
        servers.each().map(|server| Self { target: Target::Postgres(Box::new(server)), ..self.clone() }).collect()
    }

    /// Whether the URL asks for the primary by `target_session_attrs`.
    #[must_use]
    pub fn wants_primary(&self) -> bool {
        matches!(&self.target, Target::Postgres(servers) if servers.want_primary())
    }

    /// Host and port of the first server; the file of SQLite.
    pub(crate) fn place(&self) -> String {
        match &self.target {
            Target::Postgres(servers) => address(servers.first()),
            Target::Sqlite(options) => options.get_filename().display().to_string(),
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
            Target::Postgres(servers) => {
                let (user, hosts) = (servers.first().get_username(), &servers.hosts);
                let database = servers.first().get_database().unwrap_or(user);
                let list =
                    |part: &dyn Fn(&PgConnectOptions) -> String| hosts.iter().map(part).collect::<Vec<_>>().join(",");
                if hosts.iter().any(|host| socket(host).is_some()) {
                    let places = list(&|host| socket(host).unwrap_or_else(|| host.get_host().to_owned()));
                    let ports = list(&|host| host.get_port().to_string());
                    return write!(f, "postgres://{user}@/{database}?host={places}&port={ports}");
                }
                write!(f, "postgres://{user}@{}/{database}", list(&address))
            }
        }
    }
}

/// The directory of a Unix socket.
fn socket(options: &PgConnectOptions) -> Option<String> {
    let socket = options.get_socket().map(|path| path.display().to_string());
    socket.or_else(|| options.get_host().starts_with('/').then(|| options.get_host().to_owned()))
}

/// Host and port.
pub(crate) fn address(options: &PgConnectOptions) -> String {
    let (host, port) = (options.get_host(), options.get_port());
    if let Some(socket) = socket(options) {
        return format!("{socket}:{port}");
    }
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}
