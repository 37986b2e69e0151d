//! One row.

use partbook_database::{Session, Statement, int};
use partbook_domain::{Entity, Refusal, Row};

use crate::context::Context;
use crate::error::Error;
use crate::statements::Statements;

/// The row of an id.
pub(crate) async fn get(context: &Context, entity: &'static Entity, id: i64) -> Result<Row, Error> {
    let statements = context.statements(entity);
    let rows = context.database.rows(&statements.get, vec![int(id)], statements.kinds).await?;
    let columns = rows.into_iter().next().ok_or_else(|| Refusal::not_found(entity, &id))?;
    Ok(statements.row(columns))
}

/// The row of an id within a transaction, read by `get`, which is [`Statements::get`] or [`Statements::get_locked`].
pub(crate) async fn row_of(
    statements: &Statements,
    session: &mut Session,
    get: &Statement,
    id: i64,
) -> Result<Row, Error> {
    let rows = session.rows(get, vec![int(id)], statements.kinds).await?;
    let columns = rows.into_iter().next().ok_or_else(|| Refusal::not_found(statements.entity, &id))?;
    Ok(statements.row(columns))
}
