//! Child rows that a body writes: matched with the stored ones by key, so that one that stays keeps its id.

use partbook_domain::{ChildChanges, Children, Kind, Timestamp, Value};
use sqlx::AssertSqlSafe;

use crate::columns::{Argument, int};
use crate::dialect::Dialect;
use crate::session::Session;
use crate::{Error, statements};

/// Makes the stored children of `owner` those of the document `wanted`.
pub(crate) async fn write(
    session: &mut Session,
    dialect: Dialect,
    children: &'static Children,
    owner: i64,
    stored: Option<&Value>,
    wanted: &Value,
    now: Timestamp,
) -> Result<(), Error> {
    let table = children.table;
    let ChildChanges { removed, changed, added } = children.changes(stored, wanted);
    // Those that go make way first, for a new one with a key that the index would call taken.
    for id in removed {
        let sql = AssertSqlSafe(format!("delete from {table} where id = $1"));
        session.execute(sql, vec![int(id)]).await?;
    }
    for (known, values) in changed {
        let mut arguments = vec![int(known.id.unwrap_or_default()), (Kind::Time, Value::Time(now))];
        let mut sets = String::new();
        let pairs = children.fields.iter().zip(values).zip(known.values);
        for ((field, value), _) in pairs.filter(|((_, new), old)| new != old) {
            arguments.push((field.kind, value));
            sets += &format!(", {} = {}", field.column(), dialect.placeholder(field.kind, arguments.len()));
        }
        let sql = format!("update {table} set updated_at = $2{sets} where id = $1");
        session.execute(AssertSqlSafe(sql), arguments).await?;
    }
    let insert = statements::insert(dialect, table, children.fields.iter(), &[children.parent]);
    for values in added {
        let fields = children.fields.iter().map(|field| field.kind).zip(values);
        let mut arguments: Vec<Argument> = fields.collect();
        arguments.push(int(owner));
        arguments.extend([(Kind::Time, Value::Time(now)), (Kind::Time, Value::Time(now))]);
        session.rows(AssertSqlSafe(insert.clone()), arguments, &[Kind::Int]).await?;
    }
    Ok(())
}
