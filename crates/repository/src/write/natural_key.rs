//! Natural keys: a name that is taken, and keys of several columns, null equal to null (contract section 1).

use partbook_database::{BindValue, RowValues, Session, Statement, Violation, first_int};
use partbook_domain::edit::Draft;
use partbook_domain::{Entity, Identity, Kind, Refusal, Row, Value};

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
    pub(crate) fn suspect(entity: &'static Entity, name: &'a str, violation: Violation) -> Option<Self> {
        if violation != Violation::Unique || entity.identity != Identity::Name {
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

/// Refuses a change of a natural key of several columns to one that another row has.
pub(super) async fn check_natural_key(
    statements: &Statements,
    session: &mut Session,
    row: &Row,
    draft: &Draft,
) -> Result<(), Error> {
    let key = |values| statements.natural_key(values).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
    if key(&row.values) == key(&draft.values) {
        return Ok(());
    }
    match find(statements, session, &draft.values).await? {
        Some(other) if other != row.id => Err(Refusal::duplicate(row.entity, None).into()),
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
