//! Connections to a PostgreSQL server, and a clear line when there is no connecting.

use std::io::ErrorKind;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _, Postgres, Row as _};
use tokio::time::timeout;

use super::open::{Opener, refuses_options};
use crate::connections::{Connections, Keeping, Lifetime};
use crate::error::reason;
use crate::invalidation::Invalidation;
use crate::pool::PoolSettings;
use crate::url::Servers;

/// Room for the statements of every entity and of the lists that clients ask for; each costs the server some memory.
const STATEMENT_CACHE_CAPACITY: usize = 200;

/// How long a statement waits for a lock that another program holds, so that a table locked elsewhere does not take every
/// connection with it.
const LOCK_TIMEOUT: &str = "2s";

/// How long a statement may run.
const STATEMENT_TIMEOUT: &str = "60s";

/// The connections, and whether statements may stay prepared on them.
pub(super) async fn connect(
    servers: &Servers,
    settings: &PoolSettings,
    invalidation: Invalidation,
    statement_cache: bool,
) -> Result<(Connections<Postgres>, bool), String> {
    let options = servers.map(|options| {
        // The digits: not needed since PostgreSQL 12, and refused by PgBouncer. The driver itself asks for UTC.
        options.application_name("partbook").extra_float_digits(None).disable_statement_logging()
    });
    // The pool would go on trying to reach a server that is away, and then could not say why.
    let statement_cache = match timeout(settings.acquire_timeout, try_out(&options, statement_cache)).await {
        Ok(tried) => tried?,
        Err(_) => return Err(format!("no answer within {} s", settings.acquire_timeout.as_secs_f32())),
    };
    let options = if statement_cache {
        with_limits(&options).map(|options| options.statement_cache_capacity(STATEMENT_CACHE_CAPACITY))
    } else {
        // Not behind a pooler, which refuses such parameters; there the transaction sets its own limit.
        options.map(|options| options.statement_cache_capacity(0))
    };
    let PoolSettings { size, acquire_timeout, is_patient, .. } = *settings;
    let keeping = Keeping { size, acquire_timeout, remote: Some(Lifetime::default()), is_patient };
    Ok((Connections::new(Opener::new(options), keeping, invalidation), statement_cache))
}

fn with_limits(servers: &Servers) -> Servers {
    servers.map(|options| options.options([("lock_timeout", LOCK_TIMEOUT), ("statement_timeout", STATEMENT_TIMEOUT)]))
}

async fn open(servers: &Servers) -> Result<PgConnection, sqlx::Error> {
    Opener::new(servers.clone()).open().await.map(|(connection, _)| connection)
}

/// Connects once, and finds out whether statements may stay prepared if they are wanted to. Not where the parameter
/// `options` is refused or dropped: only a connection pooler does that, and the next use of a statement may then meet
/// another server connection.
async fn try_out(servers: &Servers, statement_cache: bool) -> Result<bool, String> {
    let options = servers.first();
    let has_options = options.get_options().is_some();
    if !statement_cache && !has_options {
        let connection = open(servers).await.map_err(|error| describe(&error, options))?;
        return keeps_limits(connection, options).await.map(|_| false);
    }
    let pooler = match open(&with_limits(servers)).await {
        Ok(connection) => {
            if keeps_limits(connection, options).await? {
                return Ok(statement_cache);
            }
            "drops"
        }
        Err(error) if refuses_options(&error) => "refuses",
        Err(error) => return Err(describe(&error, options)),
    };
    if has_options {
        return Err(format!(
            "the connection pooler there {pooler} the startup parameter `options`, which carries the schema and the \
             options of the database URL and PGOPTIONS; set them for the role instead, as in \
             `alter role … set search_path = …`"
        ));
    }
    let connection = open(servers).await.map_err(|error| describe(&error, options))?;
    keeps_limits(connection, options).await?;
    tracing::info!(options = pooler, "connection pooler found; statements are not kept prepared");
    Ok(false)
}

/// Whether the limits hold that were asked for as the connection began.
async fn keeps_limits(mut connection: PgConnection, options: &PgConnectOptions) -> Result<bool, String> {
    let query = "select current_setting('lock_timeout'), current_schema() is null";
    #[expect(clippy::disallowed_methods, reason = "a connection is tried before there is a pool to send statements to")]
    let row = sqlx::raw_sql(query).fetch_one(&mut connection).await.map_err(|error| describe(&error, options))?;
    let read = || Ok::<_, sqlx::Error>((row.try_get::<String, _>(0)?, row.try_get::<bool, _>(1)?));
    let (lock_timeout, has_no_schema) = read().map_err(|error| describe(&error, options))?;
    drop(connection.close().await);
    if has_no_schema {
        return Err("no schema of the search path is there and may be used by the role; create it first".to_owned());
    }
    Ok(lock_timeout == LOCK_TIMEOUT)
}

fn describe(error: &sqlx::Error, options: &PgConnectOptions) -> String {
    let closed = "the server closed the connection; is one running there, or behind the proxy that listens there?";
    let hint = match error {
        sqlx::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => "; is the server running there?",
            ErrorKind::NotFound if options.get_socket().is_some() || options.get_host().starts_with('/') => {
                "; is the server running there?"
            }
            ErrorKind::NotFound => "; is it a certificate or a key that the database URL names?",
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => return closed.to_owned(),
            _ => "",
        },
        // The driver's words for an end, and for a byte that is no answer to its first question.
        sqlx::Error::Protocol(text) if text.contains("SSLRequest: 0x00") => return closed.to_owned(),
        sqlx::Error::Protocol(text) if text.contains("SSLRequest: 0x") => {
            return "what answers there is not a PostgreSQL server".to_owned();
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
