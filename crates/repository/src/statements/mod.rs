//! The SQL of each entity, composed once at start.
//!
//! The texts live as long as the process and are `'static`, so that each is prepared once per connection.

pub(crate) mod insert;
pub(crate) mod keys;
pub(crate) mod keyset;
mod order;
pub(crate) mod page;
mod position;
pub(crate) mod required_tables;
pub(crate) mod search;
mod select;
pub(crate) mod stored_responses;
pub(crate) mod trigram;
pub(crate) mod usage;

use partbook_database::{BindValue, Dialect, Statement, TextDialect};
use partbook_domain::{Entity, Identity, Kind, Reference, Value, Vocabulary};

use insert::insert;
use select::{read_columns, shown};

/// What is read of an entity, and the statements that do not depend on a request.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) dialect: Dialect,
    pub(crate) entity: &'static Entity,
    /// The words that the enum types have.
    vocabulary: Vocabulary,
    /// All columns of a [`Row`].
    columns: &'static str,
    /// The tables that they are read from.
    from: &'static str,
    /// `select … from …`, both.
    pub(crate) select: &'static str,
    /// The kinds of the columns.
    pub(crate) kinds: &'static [Kind],
    /// The row of an id.
    pub(crate) get: Statement,
    /// The rows of several ids, in any order.
    pub(crate) get_many: Statement,
    /// The row of an id, held until the transaction ends.
    pub(crate) get_locked: Statement,
    /// The rows of several ids that no other transaction holds, held until the transaction ends.
    pub(crate) get_many_locked: Statement,
    /// Whether the row of an id exists; held until the transaction ends.
    pub(crate) lock_for_update: Statement,
    /// The same; and nothing can begin to point at it meanwhile.
    pub(crate) lock_for_delete: Statement,
    /// What a statement that writes a row returns of it: all columns where these are the whole row, else the id.
    pub(crate) returning: String,
    /// Adds a row of all writable columns and both timestamps; answers [`Self::returning`].
    pub(crate) insert: Statement,
    /// Removes the row of an id.
    pub(crate) delete: Statement,
    /// The rows that may have a natural key, the lowest id first: the id of the first with a key of several columns; ids and
    /// names where the cleaned name may be `$1`. None for entities without a natural key.
    pub(crate) find: Option<Statement>,
    /// The ids and names of rows whose name may not be clean; none for entities without a name.
    pub(crate) unclean_names: Option<Statement>,
}

impl Statements {
    pub(crate) fn compose(text: TextDialect, entity: &'static Entity, vocabulary: &Vocabulary) -> Self {
        let dialect = text.dialect();
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
        let (columns, from) = (leak(texts.join(", ")), leak(from));
        let returning = if is_flat(entity) { columns.to_owned() } else { "id".to_owned() };
        let insert = insert(dialect, table, entity.columns().map(|(_, field)| field), &[]);
        let select = format!("select {columns} from {from}");
        let get = format!("{select} where {table}.id = $1");
        let get_many = format!("{select} where {}", dialect.is_among(&format!("{table}.id"), 1));
        // In one order, so that two transactions cannot wait for each other's rows.
        let get_many_locked = format!("{get_many} order by {table}.id{}", dialect.lock_rows(table));
        Self {
            dialect,
            entity,
            vocabulary: vocabulary.clone(),
            get_locked: Statement::select(table, leak(format!("{get}{}", dialect.lock_row(table, false)))),
            get: Statement::select(table, leak(get)),
            get_many: Statement::select(table, leak(get_many)),
            get_many_locked: Statement::select(table, leak(get_many_locked)),
            columns,
            from,
            select: leak(select),
            kinds: kinds.leak(),
            lock_for_update: Statement::select(
                table,
                leak(format!("select id from {table} where id = $1{}", dialect.lock_row(table, false))),
            ),
            lock_for_delete: Statement::select(
                table,
                leak(format!("select id from {table} where id = $1{}", dialect.lock_row(table, true))),
            ),
            insert: Statement::insert(table, leak(format!("{insert} returning {returning}"))),
            returning,
            delete: Statement::delete(table, leak(format!("delete from {table} where id = $1"))),
            find: find(text, entity).map(|sql| Statement::select(table, leak(sql))),
            unclean_names: (entity.identity == Identity::Name).then(|| {
                let sql = format!("select id, name from {table} where {}", text.may_be_unclean("name"));
                Statement::select(table, leak(sql))
            }),
        }
    }

    /// Whether a row is made of its own columns alone.
    pub(crate) fn is_flat(&self) -> bool {
        is_flat(self.entity)
    }

    /// The kinds of [`Self::returning`].
    pub(crate) fn returned_kinds(&self) -> &'static [Kind] {
        if self.is_flat() { self.kinds } else { &[Kind::Int] }
    }

    /// The parameters of [`Self::find`] for a row's values.
    pub(crate) fn natural_key(&self, values: &[Value]) -> Vec<BindValue> {
        let fields =
            self.entity.identity.columns().unwrap_or_default().iter().filter_map(|name| self.entity.field(name));
        fields.map(|(index, field)| (field.kind, values[index].clone())).collect()
    }
}

fn is_flat(entity: &Entity) -> bool {
    entity.columns().count() == entity.fields.len()
        && entity.references.is_empty()
        && entity.read_only.is_empty()
        && entity.hidden.is_empty()
}

/// Keeps a text for the life of the process.
fn leak(text: String) -> &'static str {
    text.leak()
}

fn find(text: TextDialect, entity: &Entity) -> Option<String> {
    let (table, dialect) = (entity.name, text.dialect());
    if entity.identity == Identity::Name {
        // Holds the rows, so that a name that another program is giving up is waited for.
        let (named, lock) = (text.is_named_or_unclean(table, 1), dialect.lock_key(table));
        return Some(format!("select id, name from {table} where {named} order by id{lock}"));
    }
    let fields = entity.identity.columns()?.iter().filter_map(|name| entity.field(name));
    let same = fields.enumerate().map(|(index, (_, field))| {
        format!("{} is not distinct from {}", field.column(), dialect.placeholder(field.kind, index + 1))
    });
    let same = same.collect::<Vec<_>>().join(" and ");
    Some(format!("select id from {table} where {same} order by id limit 1"))
}

#[cfg(test)]
mod tests {
    use partbook_database::OwnTables;
    use partbook_database::catalogue::Encoding;
    use partbook_domain::Timestamp;
    use partbook_domain::entity::custom_field::CUSTOM_FIELD;

    use super::page::Extract;
    use super::stored_responses::StoredResponseStatements;
    use super::*;

    /// The text of every statement, for review: a change of SQL is a change of this snapshot.
    #[test]
    fn statements() {
        for (dialect, name) in [(Dialect::Postgres, "postgres"), (Dialect::Sqlite, "sqlite")] {
            let mut text = String::new();
            let text_dialect = TextDialect::new(dialect, Encoding::Unicode);
            for entity in partbook_domain::registry().iter().chain([&&CUSTOM_FIELD]) {
                let statements = Statements::compose(text_dialect, entity, &Vocabulary::default());
                let order_by = format!("order by {}", statements.order_by(entity.order));
                let order = entity.order;
                let whole = Extract { source: None, where_clause: "", order, keyset: None, limit: 50, offset: 100 };
                let page = statements.page(&whole, &mut Vec::new(), 50);
                let shown = position::keys_before_id(order).map(|key| match statements.key_kind(key) {
                    Kind::Int => Value::Int(1),
                    Kind::Time => Value::Time(Timestamp::default()),
                    _ => Value::Text("nvme".to_owned()),
                });
                let position = statements.position(order, 1, shown.collect(), Vec::new());
                let mut values = Vec::new();
                let before = statements.keyset(order, &position, true, false, &mut values);
                let before = Extract { where_clause: " where true", keyset: before.as_ref(), offset: 0, ..whole };
                let before = statements.ids_of_page(&before, &mut values);
                let Statements {
                    get,
                    get_many,
                    get_many_locked,
                    get_locked,
                    lock_for_update,
                    lock_for_delete,
                    insert,
                    delete,
                    find,
                    ..
                } = statements;
                text += &format!("-- {}\n", entity.name);
                for statement in
                    [get, get_many, get_many_locked, get_locked, lock_for_update, lock_for_delete, insert, delete]
                {
                    text += &format!("{}\n", statement.as_str());
                }
                let find = find.as_ref();
                let find = find.map_or("-- no natural key", Statement::as_str);
                text += &format!("{find}\n{order_by}\n{}\n{}\n\n", page.as_str(), before.as_str());
            }
            text += "-- stored responses\n";
            let stored = StoredResponseStatements::compose(&OwnTables::usual(dialect).table("idempotency_key"));
            for statement in stored.all() {
                text += &format!("{}\n", statement.as_str());
            }
            insta::assert_snapshot!(name, text);
        }
    }
}
