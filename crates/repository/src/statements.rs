//! The SQL of each entity, composed once at start.
//!
//! The texts live as long as the process and are `'static`, so that each is prepared once per connection.

use partbook_domain::{Entity, Field, Identity, Kind, Order, Reference, Refusal, Row, Timestamp, Value};

use crate::Error;
use crate::columns::{Columns, int};
use crate::dialect::Dialect;
use crate::session::Session;

/// What is read of an entity, and the statements that do not depend on a request.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) dialect: Dialect,
    pub(crate) entity: &'static Entity,
    /// `select … from …`, all columns of a [`Row`].
    pub(crate) select: &'static str,
    /// The kinds of those columns.
    pub(crate) kinds: &'static [Kind],
    /// The row of an id.
    pub(crate) get: &'static str,
    /// The same, held until the transaction ends.
    pub(crate) get_locked: &'static str,
    /// Whether the row of an id exists; held until the transaction ends.
    pub(crate) lock_for_update: &'static str,
    /// The same; and nothing can begin to point at it meanwhile.
    pub(crate) lock_for_delete: &'static str,
    /// Adds a row of all writable columns and both timestamps; answers the id.
    pub(crate) insert: &'static str,
    /// Removes the row of an id.
    pub(crate) delete: &'static str,
    /// The lowest id with a natural key of several columns; none for other entities.
    pub(crate) find: Option<&'static str>,
}

impl Statements {
    pub(crate) fn compose(dialect: Dialect, entity: &'static Entity) -> Self {
        let table = entity.name;
        let mut columns = Vec::new();
        read_columns(dialect, entity, table, &mut columns);
        let mut from = table.to_owned();
        for (reference, nested) in shown(entity) {
            let Reference { field, target, .. } = reference;
            read_columns(dialect, target, nested, &mut columns);
            from += &format!(" left join {} {nested} on {nested}.id = {table}.{field}", target.name);
        }
        let (texts, kinds): (Vec<String>, Vec<Kind>) = columns.into_iter().unzip();
        let select = format!("select {} from {from}", texts.join(", "));
        let get = format!("{select} where {table}.id = $1");
        Self {
            dialect,
            entity,
            get_locked: keep(format!("{get}{}", dialect.lock(table, false))),
            get: keep(get),
            select: keep(select),
            kinds: kinds.leak(),
            lock_for_update: keep(format!("select id from {table} where id = $1{}", dialect.lock(table, false))),
            lock_for_delete: keep(format!("select id from {table} where id = $1{}", dialect.lock(table, true))),
            insert: keep(insert(dialect, table, entity.columns().map(|(_, field)| field), &[])),
            delete: keep(format!("delete from {table} where id = $1")),
            find: find(dialect, entity).map(keep),
        }
    }

    /// Whether a row is made of its own columns alone, so that one that was just written is known without reading it.
    pub(crate) fn is_flat(&self) -> bool {
        let entity = self.entity;
        entity.columns().count() == entity.fields.len()
            && entity.references.is_empty()
            && entity.read_only.is_empty()
            && entity.hidden.is_empty()
    }

    /// The parameters of [`Self::find`] for a row's values.
    pub(crate) fn natural_key(&self, values: &[Value]) -> Vec<(Kind, Value)> {
        let Identity::Columns(names) = self.entity.identity else { return Vec::new() };
        let fields = names.iter().filter_map(|name| self.entity.field(name));
        fields.map(|(index, field)| (field.kind, values[index].clone())).collect()
    }

    /// The `order by` keys of an order, ending in the id.
    pub(crate) fn order_by(&self, order: &[Order]) -> String {
        let table = self.entity.name;
        let mut keys: Vec<String> = order.iter().flat_map(|order| self.order_keys(*order)).collect();
        if !order.iter().any(|order| order.key == "id") {
            keys.push(format!("{table}.id"));
        }
        keys.join(", ")
    }

    fn order_keys(&self, Order { key, descending }: Order) -> Vec<String> {
        let column = format!("{}.{key}", self.entity.name);
        let field = self.entity.scalar(key);
        let direction = if descending { " desc" } else { "" };
        // Where nothing can be null, the words would only keep an index from being used.
        let nulls = if field.is_some_and(|field| field.nullable) { " nulls last" } else { "" };
        match field.map(|field| field.kind) {
            Some(Kind::Text | Kind::Url) => {
                let [folded, exact] = self.dialect.text_order(&column);
                vec![format!("{folded}{direction}{nulls}"), format!("{exact}{direction}{nulls}")]
            }
            Some(kind @ Kind::Enum(enumeration)) => {
                let places = enumeration.values.iter().enumerate();
                let places: String = places.map(|(place, word)| format!(" when '{word}' then {place}")).collect();
                let word = self.dialect.read(kind, &column);
                // A word this version does not know comes last.
                vec![format!("case {word}{places} end{direction} nulls last")]
            }
            _ => vec![format!("{column}{direction}{nulls}")],
        }
    }

    /// The row of an id, read by `get`, which is [`Self::get`] or [`Self::get_locked`].
    pub(crate) async fn row_of(&self, session: &mut Session, get: &'static str, id: i64) -> Result<Row, Error> {
        let rows = session.rows(get, vec![int(id)], self.kinds).await?;
        let columns = rows.into_iter().next().ok_or_else(|| Refusal::not_found(self.entity, &id))?;
        Ok(self.row(columns))
    }

    /// A row from the columns of [`Self::select`].
    pub(crate) fn row(&self, columns: Columns) -> Row {
        let mut columns = columns.into_iter();
        let mut row = read_row(self.entity, &mut columns).expect("a row that was found has an id");
        row.nested = shown(self.entity).map(|(reference, _)| read_row(reference.target, &mut columns)).collect();
        row
    }
}

/// Keeps a text for the life of the process.
pub(crate) fn keep(text: String) -> &'static str {
    text.leak()
}

/// `insert into …` of these columns, further columns for ids, and both timestamps; answers the id.
pub(crate) fn insert<'a>(
    dialect: Dialect,
    table: &str,
    fields: impl Iterator<Item = &'a Field>,
    ids: &[&str],
) -> String {
    let columns = fields.map(|field| (field.column(), field.kind));
    let columns = columns.chain(ids.iter().map(|id| (*id, Kind::Int)));
    let columns = columns.chain([("created_at", Kind::Time), ("updated_at", Kind::Time)]);
    let numbered = columns.enumerate().map(|(index, (name, kind))| (name, dialect.placeholder(kind, index + 1)));
    let (names, values): (Vec<&str>, Vec<String>) = numbered.unzip();
    format!("insert into {table} ({}) values ({}) returning id", names.join(", "), values.join(", "))
}

fn find(dialect: Dialect, entity: &Entity) -> Option<String> {
    let Identity::Columns(names) = entity.identity else { return None };
    let fields = names.iter().filter_map(|name| entity.field(name));
    let same = fields.enumerate().map(|(index, (_, field))| {
        format!("{} is not distinct from {}", field.column(), dialect.placeholder(field.kind, index + 1))
    });
    let same = same.collect::<Vec<_>>().join(" and ");
    Some(format!("select id from {} where {same} order by id limit 1", entity.name))
}

/// The references whose rows answers show, with the names they are shown under.
fn shown(entity: &'static Entity) -> impl Iterator<Item = (&'static Reference, &'static str)> {
    entity.references.iter().filter_map(|reference| Some((reference, reference.nested?)))
}

fn read_columns(dialect: Dialect, entity: &Entity, alias: &str, columns: &mut Vec<(String, Kind)>) {
    columns.push((format!("{alias}.id"), Kind::Int));
    let times = ["created_at", "updated_at"].map(|time| dialect.read(Kind::Time, &format!("{alias}.{time}")));
    columns.extend(times.map(|time| (time, Kind::Time)));
    for field in entity.fields.iter().chain(entity.read_only).chain(entity.hidden) {
        let text = match field.kind {
            Kind::Children(children) => dialect.children(children, &format!("{alias}.id")),
            kind => dialect.read(kind, &format!("{alias}.{}", field.column())),
        };
        columns.push((text, field.kind));
    }
}

/// Takes one entity's columns; none where a join found nothing.
fn read_row(entity: &'static Entity, columns: &mut impl Iterator<Item = Value>) -> Option<Row> {
    let id = columns.next().and_then(|id| id.as_int());
    // What another program stored and is no time reads as the beginning of time: the row stays readable, and editable.
    let mut time = || if let Some(Value::Time(time)) = columns.next() { time } else { Timestamp::default() };
    let (created_at, updated_at) = (time(), time());
    let values = columns.by_ref().take(entity.fields.len()).collect();
    let read_only = columns.by_ref().take(entity.read_only.len()).collect();
    let hidden = columns.by_ref().take(entity.hidden.len()).collect();
    Some(Row { entity, id: id?, created_at, updated_at, values, read_only, hidden, nested: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of every statement, for review: a change of SQL is a change of this snapshot.
    #[test]
    fn statements() {
        for (dialect, name) in [(Dialect::Postgres, "postgres"), (Dialect::Sqlite, "sqlite")] {
            let mut text = String::new();
            for entity in partbook_domain::registry() {
                let statements = Statements::compose(dialect, entity);
                let order = format!("order by {}", statements.order_by(entity.order));
                let Statements { get, get_locked, lock_for_update, lock_for_delete, insert, delete, find, .. } =
                    statements;
                text += &format!("-- {}\n", entity.name);
                for statement in [get, get_locked, lock_for_update, lock_for_delete, insert, delete] {
                    text += &format!("{statement}\n");
                }
                text += &format!("{}\n{order}\n\n", find.unwrap_or("-- no natural key of several columns"));
            }
            insta::assert_snapshot!(name, text);
        }
    }
}
