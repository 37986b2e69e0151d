//! Whether the database answers, and is what it was at the start.

use std::time::Duration;

use partbook_database::{Statement, int};
use partbook_domain::entity::listing::LISTING;
use partbook_domain::{Kind, Value};

use crate::context::Context;
use crate::error::Error;

/// Whether the database answers.
#[derive(Debug)]
pub enum Availability {
    /// It does.
    Available,
    /// Every connection of the pool is in use.
    Busy,
    /// It does not, or not in time.
    Away(Option<Error>),
}

/// How long a health check waits for the database.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// Asks the database for a sign of life.
pub(crate) async fn availability(context: &Context) -> Availability {
    let statement = Statement::control("SELECT", "select 1");
    let ping = context.database.rows(&statement, Vec::new(), &[Kind::Int]);
    let is_exhausted = || context.database.pool().is_exhausted();
    match tokio::time::timeout(HEALTH_CHECK_TIMEOUT, ping).await {
        Ok(Ok(_)) => Availability::Available,
        Ok(Err(error)) if error.is_saturation() && is_exhausted() => Availability::Busy,
        Ok(Err(error)) => Availability::Away(Some(error.into())),
        Err(_) if is_exhausted() => Availability::Busy,
        Err(_) => Availability::Away(None),
    }
}

/// Why the database takes no writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WritesRefused {
    /// It is a standby: another server is the primary, or will be.
    Standby,
    /// The role or the database is set to be read-only.
    Setting,
}

/// Why the database takes no writes; none where it does, and where this process sends none.
pub(crate) async fn writes_refused(context: &Context) -> Result<Option<WritesRefused>, Error> {
    let Some(statement) = context.dialect.read_only().filter(|_| !context.is_read_only) else { return Ok(None) };
    let rows = context.database.rows(&statement, Vec::new(), &[Kind::Text]).await?;
    let refused = match rows.iter().flatten().find_map(Value::as_text) {
        Some("standby") => WritesRefused::Standby,
        Some("on") => WritesRefused::Setting,
        _ => return Ok(None),
    };
    // A new connection may do better: to the primary that there is now, or with the role's settings of now.
    context.database.pool().replace_connections("read-only");
    Ok(Some(refused))
}

/// Whether every table and column that the statements name is still there.
pub(crate) async fn check_schema(context: &Context) -> Result<(), Error> {
    for (statements, usage) in context.entities() {
        let select = Statement::select(statements.entity.name, format!("{} where false", statements.select));
        context.database.rows(&select, Vec::new(), statements.kinds).await?;
        if let Some(uses) = usage.listings() {
            let table = LISTING.name;
            let uses = Statement::select(table, format!("select id from {table} where false and ({uses})"));
            context.database.rows(&uses, vec![int(0)], &[Kind::Int]).await?;
        }
    }
    // What not every database has, where this one had it.
    for (table, column) in context.folded_columns() {
        let select = Statement::select(table, format!("select 1 from {table} where false and {column} is null"));
        context.database.rows(&select, Vec::new(), &[Kind::Int]).await?;
    }
    for statement in context.trigram_indexes().filter_map(|index| index.count(0)) {
        context.database.rows(&statement, vec![(Kind::Text, Value::Text("\"abc\"".to_owned()))], &[Kind::Int]).await?;
    }
    if context.supports_idempotency() {
        context.database.rows(&context.stored_responses().probe, Vec::new(), &[Kind::Int]).await?;
    }
    Ok(())
}
