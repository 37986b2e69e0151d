//! Natural keys: a name that is taken, and keys of several columns, null equal to null (contract section 1).

use partbook_database::{BindValue, RowValues, Session, Statement, Violation, ViolationKind, first_int};
use partbook_domain::edit::Draft;
use partbook_domain::{Entity, Identity, Kind, Refusal, Row, Value, clean_name};

use crate::error::Error;
use crate::statements::Statements;

/// A name that a violation suggests is taken, and the query for the row that has it.
pub(crate) struct NameOwner<'a> {
    entity: &'static Entity,
    name: &'a str,
    pub(crate) statement: Statement,
}

impl<'a> NameOwner<'a> {
    /// Where a violation may mean that a name is taken; none where it means something else.
    pub(crate) fn suspect(entity: &'static Entity, name: &'a str, violation: &Violation) -> Option<Self> {
        if violation.kind != ViolationKind::Unique || entity.identity != Identity::Name {
            return None;
        }
        let sql = format!("select id from {} where name = $1", entity.name);
        Some(Self { entity, name, statement: Statement::select(entity.name, sql) })
    }

    pub(crate) fn values(&self) -> Vec<BindValue> {
        vec![(Kind::Text, Value::Text(self.name.to_owned()))]
    }

    /// The refusal, when another row than that of `id` is the answer.
    pub(crate) fn refusal(&self, found: &[RowValues], id: Option<i64>) -> Option<Refusal> {
        let is_taken = found.iter().flatten().any(|found| found.as_int() != id);
        is_taken.then(|| Refusal::duplicate(self.entity, Some(self.name)))
    }
}

/// The lowest id of a row whose name is this one, cleaned; none for entities without a name.
pub(super) async fn find_name(
    statements: &Statements,
    session: &mut Session,
    values: &[Value],
) -> Result<Option<(i64, String)>, Error> {
    let Some(statement) = &statements.find_name else { return Ok(None) };
    let name = statements.entity.field("name").and_then(|(index, _)| values[index].as_text()).unwrap_or_default();
    let cleaned = clean_name(name);
    let value = vec![(Kind::Text, Value::Text(cleaned.clone()))];
    let rows = session.rows(statement, value, &[Kind::Int, Kind::Text]).await?;
    let same = rows.iter().find_map(|row| match row.as_slice() {
        [Value::Int(id), stored] if clean_name(stored.as_text()?) == cleaned => Some(*id),
        _ => None,
    });
    Ok(same.map(|id| (id, cleaned)))
}

/// Refuses a new row whose name another row has.
pub(super) async fn refuse_taken_name(
    statements: &Statements,
    session: &mut Session,
    values: &[Value],
    id: Option<i64>,
) -> Result<(), Error> {
    match find_name(statements, session, values).await? {
        Some((other, name)) if Some(other) != id => Err(Refusal::duplicate(statements.entity, Some(&name)).into()),
        _ => Ok(()),
    }
}

/// Refuses a change of a natural key of several columns to one that another row has.
pub(super) async fn check_natural_key(
    statements: &Statements,
    session: &mut Session,
    row: &Row,
    draft: &Draft,
) -> Result<(), Error> {
    let name = row.entity.field("name").filter(|_| statements.find_name.is_some());
    if name.is_some_and(|(index, _)| draft.changed[index]) {
        return refuse_taken_name(statements, session, &draft.values, Some(row.id)).await;
    }
    let key = |values| statements.natural_key(values).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
    if key(&row.values) == key(&draft.values) {
        return Ok(());
    }
    match find(statements, session, &draft.values).await? {
        Some(other) if other != row.id => Err(match row.entity.identity {
            Identity::Unique(_) => Refusal::taken(row.entity, &draft.values),
            _ => Refusal::duplicate(row.entity, None),
        }
        .into()),
        _ => Ok(()),
    }
}

/// The lowest id with these values' natural key of several columns.
pub(super) async fn find(
    statements: &Statements,
    session: &mut Session,
    values: &[Value],
) -> Result<Option<i64>, Error> {
    let Some(statement) = &statements.find else { return Ok(None) };
    let rows = session.rows(statement, statements.natural_key(values), &[Kind::Int]).await?;
    Ok(first_int(&rows))
}
