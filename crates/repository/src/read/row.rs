//! One row.

use std::sync::Arc;

use partbook_database::{Session, Statement, int};
use partbook_domain::{Entity, Refusal, Row};

use super::batch::read_together;
use crate::context::Context;
use crate::error::Error;
use crate::gathering::{Turn, kept};
use crate::statements::Statements;

/// The row of an id: read together with others that are asked for at once.
pub(crate) async fn get(context: &Arc<Context>, entity: &'static Entity, id: i64) -> Result<Row, Error> {
    let lane = match read_together(context, entity, id).await {
        Turn::Done(found) => return found?.ok_or_else(|| Refusal::not_found(entity, &id).into()),
        Turn::Alone(lane) => lane,
    };
    let statements = context.statements(entity);
    let rows = kept(lane, context.database.rows(&statements.get, vec![int(id)], statements.kinds)).await?;
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
