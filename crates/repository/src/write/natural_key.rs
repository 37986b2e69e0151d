//! Natural keys: a name that is taken, and keys of several columns, null equal to null (contract section 1).
//!
//! The look under the entity's lock decides among the service's own writers. What another program writes meanwhile is found
//! by the violation of an index, after which the work is done again and finds the row.

use partbook_database::{Session, first_int};
use partbook_domain::edit::Draft;
use partbook_domain::{Entity, Identity, Kind, Refusal, Row, Value, clean_name};

use crate::error::Error;
use crate::statements::Statements;

/// The lowest id with these values' natural key; names are compared cleaned.
pub(super) async fn find(
    statements: &Statements,
    session: &mut Session,
    values: &[Value],
) -> Result<Option<i64>, Error> {
    let Some(statement) = &statements.find else { return Ok(None) };
    let Some(name) = name_of(statements.entity, values) else {
        let rows = session.rows(statement, statements.natural_key(values), &[Kind::Int]).await?;
        return Ok(first_int(&rows));
    };
    let value = vec![(Kind::Text, Value::Text(name.clone()))];
    let rows = session.rows(statement, value, &[Kind::Int, Kind::Text]).await?;
    Ok(rows.iter().find_map(|row| match row.as_slice() {
        [Value::Int(id), stored] if clean_name(stored.as_text()?) == name => Some(*id),
        _ => None,
    }))
}

/// What is said of a key that another row has.
pub(super) fn duplicate(entity: &Entity, values: &[Value]) -> Refusal {
    match entity.identity {
        Identity::Unique(_) => Refusal::taken(entity, values),
        _ => Refusal::duplicate(entity, name_of(entity, values).as_deref()),
    }
}

/// Refuses a change of a natural key to one that another row has.
pub(super) async fn check_natural_key(
    statements: &Statements,
    session: &mut Session,
    row: &Row,
    draft: &Draft,
) -> Result<(), Error> {
    let key = match row.entity.identity {
        Identity::Name => &["name"],
        identity => identity.columns().unwrap_or_default(),
    };
    let is_changed = key.iter().filter_map(|name| row.entity.field(name)).any(|(index, _)| draft.changed[index]);
    if !is_changed {
        return Ok(());
    }
    match find(statements, session, &draft.values).await? {
        Some(other) if other != row.id => Err(duplicate(row.entity, &draft.values).into()),
        _ => Ok(()),
    }
}

/// The cleaned name of a row that is known by it.
fn name_of(entity: &Entity, values: &[Value]) -> Option<String> {
    let (index, _) = entity.field("name").filter(|(_, field)| entity.cleans(field))?;
    Some(clean_name(values[index].as_text().unwrap_or_default()))
}
