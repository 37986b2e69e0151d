//! Child rows that a body writes: matched with the stored ones by key, so that one that stays keeps its id.

use partbook_database::{BindValue, Dialect, Session, Statement, int};
use partbook_domain::{ChildChanges, Children, Kind, Timestamp, Value};

use super::default_flag::RowWrite;
use crate::error::Error;
use crate::statements::insert::insert;

/// Makes the child rows those of the draft, where it changes them.
pub(super) async fn write_children(dialect: Dialect, session: &mut Session, write: &RowWrite<'_>) -> Result<(), Error> {
    let RowWrite { entity, id, stored, draft, now } = write;
    for (index, field) in entity.fields.iter().enumerate().filter(|(index, _)| draft.changed[*index]) {
        if let Kind::Children(children) = field.kind {
            let changes = children.changes(stored.map(|row| &row.values[index]), &draft.values[index]);
            apply(dialect, session, children, *id, changes, *now).await?;
        }
    }
    Ok(())
}

async fn apply(
    dialect: Dialect,
    session: &mut Session,
    children: &'static Children,
    owner: i64,
    ChildChanges { removed, changed, added }: ChildChanges,
    now: Timestamp,
) -> Result<(), Error> {
    let table = children.table;
    let time = || (Kind::Time, Value::Time(now));
    // Those that go make way first, for a new one with a key that the index would call taken.
    let delete = Statement::delete(table, format!("delete from {table} where id = $1"));
    for id in removed {
        session.execute(&delete, vec![int(id)]).await?;
    }
    for (known, values) in changed {
        let mut bound = vec![int(known.id.unwrap_or_default()), time()];
        let mut sets = String::new();
        let pairs = children.fields.iter().zip(values).zip(known.values);
        for ((field, value), _) in pairs.filter(|((_, new), old)| new != old) {
            bound.push((field.kind, value));
            sets += &format!(", {} = {}", field.column(), dialect.placeholder(field.kind, bound.len()));
        }
        let sql = format!("update {table} set updated_at = $2{sets} where id = $1");
        session.execute(&Statement::update(table, sql), bound).await?;
    }
    let insert = Statement::insert(table, insert(dialect, table, children.fields.iter(), &[children.parent]));
    for values in added {
        let mut bound: Vec<BindValue> = children.fields.iter().map(|field| field.kind).zip(values).collect();
        bound.extend([int(owner), time(), time()]);
        session.execute(&insert, bound).await?;
    }
    Ok(())
}
