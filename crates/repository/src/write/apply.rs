//! Writing a draft over a row that the session holds locked.

use partbook_database::{RowValues, Session, Statement, int};
use partbook_domain::edit::Draft;
use partbook_domain::{Kind, Row, Value};

use super::children::write_children;
use super::custom_field::refuse_new_key_of_used;
use super::default_flag::{RowWrite, move_flag};
use super::natural_key::check_natural_key;
use crate::context::Context;
use crate::error::Error;
use crate::read::row::row_of;
use crate::statements::Statements;

/// Writes what a draft changes; the row as it then is.
pub(super) async fn apply(context: &Context, session: &mut Session, row: Row, draft: Draft) -> Result<Row, Error> {
    let (entity, id) = (row.entity, row.id);
    check_natural_key(context.statements(entity), session, &row, &draft).await?;
    refuse_new_key_of_used(context, session, &row, &draft).await?;
    // Never back, whatever the clock does, and never the same: a change must be seen.
    let now = context.clock.now().max(row.updated_at.next());
    let write = RowWrite { entity, id, stored: Some(&row), draft: &draft, now };
    move_flag(session, &write).await?;
    if !draft.changed.contains(&true) {
        return Ok(row);
    }
    let mut values = vec![int(id), (Kind::Time, Value::Time(now))];
    let mut sets = String::new();
    for (index, field) in entity.columns().filter(|(index, _)| draft.changed[*index]) {
        values.push((field.kind, draft.values[index].clone()));
        let placeholder = context.dialect.placeholder(field.kind, values.len());
        sets += &format!(", {} = {placeholder}", field.column());
    }
    let statements = context.statements(entity);
    let returning = &statements.returning;
    let sql = format!("update {} set updated_at = $2{sets} where id = $1 returning {returning}", entity.name);
    let returned = session.rows(&Statement::update(entity.name, sql), values, statements.returned_kinds()).await?;
    write_children(context.dialect, session, &write).await?;
    as_stored(statements, session, id, returned).await
}

/// The row as it is stored, which a trigger may have changed: as the statement that wrote it returned it, and read again
/// where it has parts in other tables.
pub(super) async fn as_stored(
    statements: &Statements,
    session: &mut Session,
    id: i64,
    returned: Vec<RowValues>,
) -> Result<Row, Error> {
    match returned.into_iter().next().filter(|_| statements.is_flat()) {
        Some(columns) => Ok(statements.row(columns)),
        None => row_of(statements, session, &statements.get, id).await,
    }
}
