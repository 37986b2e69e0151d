//! Connections to a PostgreSQL server, and a clear line when there is no connecting.

use std::io::ErrorKind;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use tokio::time::timeout;

use crate::error::reason;
use crate::invalidation::Invalidation;
use crate::pool::PoolSettings;

/// Room for the statements of every entity and of the lists that clients ask for; each costs the server some memory.
const STATEMENT_CACHE_CAPACITY: usize = 200;

/// After how long without use a connection is tried before a request gets it: a server that was restarted would else fail
/// one request for each connection of the pool.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);

/// How long such a connection has to answer: one whose packets go nowhere would take the whole time that a request has.
const PING_TIMEOUT: Duration = Duration::from_millis(500);

/// How long a statement waits for a lock that another program holds, so that a table locked elsewhere does not take every
/// connection with it.
const LOCK_TIMEOUT: &str = "2s";

/// How long a statement may run, a whole list and its slow reader included.
const STATEMENT_TIMEOUT: &str = "60s";

pub(super) async fn connect(
    options: &PgConnectOptions,
    settings: &PoolSettings,
    invalidation: Invalidation,
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
    match timeout(settings.acquire_timeout, options.connect()).await {
        Ok(Ok(connection)) => drop(connection.close().await),
        Ok(Err(error)) => return Err(describe(&error)),
        Err(_) => return Err(format!("no answer within {} s", settings.acquire_timeout.as_secs_f32())),
    }
    let pool = PgPoolOptions::new()
        .max_connections(settings.size)
        .acquire_timeout(settings.acquire_timeout)
        // A round trip per request otherwise; but a connection that has rested may have lost its server meanwhile.
        .test_before_acquire(false)
        .before_acquire(move |connection, usage| {
            let invalidation = invalidation.clone();
            Box::pin(async move {
                if connection.is_in_transaction() || !invalidation.accepts(&usage) {
                    return Ok(false);
                }
                if usage.idle_for < PING_AFTER_IDLE {
                    return Ok(true);
                }
                if let Ok(answer) = timeout(PING_TIMEOUT, connection.ping()).await {
                    return Ok(answer.is_ok());
                }
                // A relay that forgets quiet connections has forgotten the others, too: they are not tried in turn.
                invalidation.replace_all();
                Ok(false)
            })
        });
    Ok(pool.connect_lazy_with(options))
}

fn describe(error: &sqlx::Error) -> String {
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
