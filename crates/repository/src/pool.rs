//! Opening the database: connections set up for the catalog, and a clear line when there is no connecting.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::renewal::Renewal;
use crate::schema::StartError;
use crate::url::{DatabaseUrl, Target};
use crate::watch::Peer;

/// The connections to the database, on either of the two. Cloning shares them.
#[derive(Clone, Debug)]
pub enum Pool {
    /// PostgreSQL, and whether statements stay prepared between uses.
    Postgres(PgPool, Renewal, bool),
    /// A SQLite file.
    Sqlite(SqlitePool, Renewal),
}

/// How many connections there are, and how they are used.
#[derive(Clone, Copy, Debug)]
pub struct PoolSettings {
    /// The greatest number of connections.
    pub size: u32,
    /// How long a request waits for a connection, and the start for the first one.
    pub acquire_timeout: Duration,
    /// Whether statements stay prepared between uses. Not behind `PgBouncer` in transaction mode, where the next use
    /// may meet another server connection.
    pub statement_cache: bool,
}

/// How the connections are used at a moment.
#[derive(Clone, Copy, Debug)]
pub struct PoolState {
    /// The greatest number of connections.
    pub most: u32,
    /// How many are open.
    pub open: u32,
    /// How many of those somebody works with.
    pub in_use: u32,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { size: 10, acquire_timeout: Duration::from_secs(5), statement_cache: true }
    }
}

/// Room for the statements of every entity and of the lists that clients ask for; each costs the server some memory.
const STATEMENT_CACHE_CAPACITY: usize = 200;

/// How long a writer waits for another one of the same SQLite file, of this process or of another program.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// After how long without use a connection to PostgreSQL is tried before a request gets it: a server that was restarted
/// would else fail one request for each connection of the pool.
const RESTED: Duration = Duration::from_secs(1);

/// How long a statement waits for a lock that another program holds, so that a table locked elsewhere does not take every
/// connection with it.
const LOCK_TIMEOUT: &str = "2s";

/// How long a statement may run, a whole list and its slow reader included.
const STATEMENT_TIMEOUT: &str = "60s";

/// What a SQLite file begins with (its file format, section 1.3).
const SQLITE_HEADER: &[u8; 16] = b"SQLite format 3\0";

impl Pool {
    /// Connects to the database. A SQLite file that is not there is created, empty; one that is there is not changed:
    /// [`crate::prepare`] finds out whose it is.
    ///
    /// # Errors
    /// One line that says why there is no connecting: the server is away, the password is wrong, the database, the
    /// directory or the file is missing or not writable, the file is no database.
    pub async fn connect(url: &DatabaseUrl, settings: &PoolSettings) -> Result<Self, StartError> {
        let failed = |reason| StartError::Connect { database: url.to_string(), reason };
        let renewal = Renewal::default();
        match url.target() {
            Target::Postgres(options) => {
                let statement_cache = settings.statement_cache && url.statement_cache();
                let pool =
                    connect_postgres(options, settings, renewal.clone(), statement_cache).await.map_err(failed)?;
                Ok(Self::Postgres(pool, renewal, statement_cache))
            }
            Target::Sqlite(options) => {
                let pool = connect_sqlite(options, settings, renewal.clone()).await.map_err(failed)?;
                Ok(Self::Sqlite(pool, renewal))
            }
        }
    }

    /// Whether statements may stay prepared between uses. Where not, every statement is run unnamed and inside a
    /// transaction, since it is prepared and executed in two steps that a pooler could otherwise give to two server
    /// connections.
    #[must_use]
    pub fn has_statement_cache(&self) -> bool {
        match self {
            Self::Postgres(.., statement_cache) => *statement_cache,
            Self::Sqlite(..) => true,
        }
    }

    /// The greatest number of connections.
    pub(crate) fn size(&self) -> u32 {
        match self {
            Self::Postgres(pool, ..) => pool.options().get_max_connections(),
            Self::Sqlite(pool, _) => pool.options().get_max_connections(),
        }
    }

    /// How the connections are used now.
    pub(crate) fn state(&self) -> PoolState {
        let open = match self {
            Self::Postgres(pool, ..) => pool.size(),
            Self::Sqlite(pool, _) => pool.size(),
        };
        let idle = u32::try_from(self.idle()).unwrap_or(open);
        PoolState { most: self.size(), open, in_use: open.saturating_sub(idle) }
    }

    /// The database as statements see it.
    pub(crate) fn peer(&self) -> Peer {
        match self {
            Self::Postgres(pool, renewal, _) => {
                let options = pool.connect_options();
                let namespace = options.get_database().unwrap_or(options.get_username()).to_owned();
                let address = Some((options.get_host().to_owned(), options.get_port()));
                Peer { system: "postgresql", namespace, address, renewal: renewal.clone() }
            }
            Self::Sqlite(pool, renewal) => {
                let namespace = pool.connect_options().get_filename().display().to_string();
                Peer { system: "sqlite", namespace, address: None, renewal: renewal.clone() }
            }
        }
    }

    /// How many connections are open and not in use.
    fn idle(&self) -> usize {
        match self {
            Self::Postgres(pool, ..) => pool.num_idle(),
            Self::Sqlite(pool, _) => pool.num_idle(),
        }
    }

    /// Whether every connection there may be is open and in use. Without connections because the server is away, this
    /// is false.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        let PoolState { most, open, in_use } = self.state();
        open >= most && in_use >= open
    }

    /// Closes every connection, as soon as each is given back. A SQLite file is then complete without its `-wal` file.
    pub async fn close(&self) {
        match self {
            Self::Postgres(pool, ..) => pool.close().await,
            Self::Sqlite(pool, _) => pool.close().await,
        }
    }
}

async fn connect_postgres(
    options: &PgConnectOptions,
    settings: &PoolSettings,
    renewal: Renewal,
    statement_cache: bool,
) -> Result<PgPool, String> {
    let mut options = options.clone();
    if statement_cache {
        // Not behind PgBouncer, which refuses such parameters; there the transaction sets its own limit.
        options = options.options([("lock_timeout", LOCK_TIMEOUT), ("statement_timeout", STATEMENT_TIMEOUT)]);
    }
    let options = options
        .application_name("partbook")
        // Not needed since PostgreSQL 12, and refused by PgBouncer. The driver itself asks for UTC.
        .extra_float_digits(None)
        .statement_cache_capacity(if statement_cache { STATEMENT_CACHE_CAPACITY } else { 0 })
        .disable_statement_logging();
    // The pool would go on trying to reach a server that is away, and then could not say why.
    match tokio::time::timeout(settings.acquire_timeout, options.connect()).await {
        Ok(Ok(connection)) => drop(connection.close().await),
        Ok(Err(error)) => return Err(no_connection(&error)),
        Err(_) => return Err(format!("no answer within {} s", settings.acquire_timeout.as_secs_f32())),
    }
    let pool = PgPoolOptions::new()
        .max_connections(settings.size)
        .acquire_timeout(settings.acquire_timeout)
        // A round trip per request otherwise; but a connection that has rested may have lost its server meanwhile.
        .test_before_acquire(false)
        .before_acquire(move |connection, usage| {
            let is_good = !connection.is_in_transaction() && renewal.accepts(&usage);
            Box::pin(async move { Ok(is_good && (usage.idle_for < RESTED || connection.ping().await.is_ok())) })
        });
    Ok(pool.connect_lazy_with(options))
}

fn no_connection(error: &sqlx::Error) -> String {
    let hint = match error {
        sqlx::Error::Io(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) => {
            "; is the server running there?"
        }
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some("3D000") => "; create it first",
            // invalid_password, invalid_authorization_specification
            Some("28P01" | "28000") => "; check user and password of the database URL",
            Some("53300") => "; lower the pool size, or raise the server's max_connections",
            _ => "",
        },
        _ => "",
    };
    format!("{}{hint}", reason(error))
}

async fn connect_sqlite(
    options: &SqliteConnectOptions,
    settings: &PoolSettings,
    renewal: Renewal,
) -> Result<SqlitePool, String> {
    check_file(options.get_filename())?;
    let options = options
        .clone()
        .foreign_keys(true)
        // An answered write survives a power failure.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(settings.size)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(false)
        // Connections to a file do not age, and each keeps its prepared statements.
        .max_lifetime(None)
        .idle_timeout(None)
        // When the disk is full, SQLite ends a transaction of itself and the driver does not notice: such a connection
        // could begin none again.
        .before_acquire(move |connection, usage| {
            let is_good = !connection.is_in_transaction() && renewal.accepts(&usage);
            Box::pin(async move { Ok(is_good) })
        })
        .connect_lazy_with(options.clone());
    let probe = sqlx::raw_sql("select count(*) from sqlite_schema").execute(&pool).await;
    probe.map_err(|error| format!("{}; the file and its directory must be writable", reason(&error)))?;
    // A file that is lost while the service runs is not replaced by an empty one.
    pool.set_connect_options(options.create_if_missing(false));
    Ok(pool)
}

/// Refuses what SQLite would refuse in fewer words, and a file that is no database.
fn check_file(path: &Path) -> Result<(), String> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
        return Err(format!("there is no directory `{}`; create it first", directory.display()));
    }
    if path.is_dir() {
        return Err("this is a directory; name a file in it".to_owned());
    }
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let mut start = Vec::new();
    file.by_ref().take(SQLITE_HEADER.len() as u64).read_to_end(&mut start).map_err(|error| error.to_string())?;
    if start.is_empty() || start == SQLITE_HEADER {
        return Ok(());
    }
    Err("the file is there, but it is not a SQLite database".to_owned())
}

/// What a driver reports, in one line.
pub(crate) fn reason(error: &sqlx::Error) -> String {
    let text = match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    };
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporary::Directory;

    async fn refusal(url: &str) -> String {
        let url = DatabaseUrl::parse(url).unwrap();
        Pool::connect(&url, &PoolSettings::default()).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_is_one_clear_line() {
        let files = Directory::new();
        let directory = files.path();
        let text = directory.join("notes.txt");
        fs::write(&text, "these are notes, not a database").unwrap();
        let missing = refusal(&format!("sqlite://{}/none/partbook.db", directory.display())).await;
        assert!(missing.contains("no directory") && missing.contains("none`"), "{missing}");
        let folder = refusal(&format!("sqlite://{}", directory.display())).await;
        assert!(folder.contains("is a directory"), "{folder}");
        let stranger = refusal(&format!("sqlite://{}", text.display())).await;
        assert!(stranger.contains("not a SQLite database"), "{stranger}");
        assert_eq!(fs::read_to_string(&text).unwrap(), "these are notes, not a database");
        let strict = refusal(&format!("sqlite://{}/absent.db?mode=rw", directory.display())).await;
        assert!(!strict.contains('\n') && !directory.join("absent.db").exists(), "{strict}");
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_one_clear_line() {
        let message = refusal("postgres://u:secret@127.0.0.1:1/d").await;
        assert!(message.contains("postgres://u@127.0.0.1:1/d") && message.contains("refused"), "{message}");
        assert!(!message.contains("secret") && !message.contains('\n'), "{message}");
    }
}
