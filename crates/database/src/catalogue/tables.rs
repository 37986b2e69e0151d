//! Tables and their columns.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::own::OwnTables;
use crate::pool::{AnyPool, Pool};

/// A table that an unqualified name finds, or one of our own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name; of one of our own, with the schema.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// Whether the role may read it.
    pub readable: bool,
    /// Whether row level security hides rows of it from the role.
    pub hides_rows: bool,
    /// Whether its rows are its own: those of a partitioned table are not, and it cannot have every key.
    pub is_ordinary: bool,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type; none on SQLite, where a value has one and not a column.
    pub type_name: Option<TypeName>,
    /// Whether it may hold null.
    pub is_nullable: bool,
}

/// The type of a column of PostgreSQL's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// As its catalogue names it; of a domain, the type below.
    pub base: String,
    /// As SQL writes it.
    pub sql: String,
}

/// The tables of the search path and of our own schema, which takes the place of `{own}`; neither the system's nor an
/// extension's.
const POSTGRES_TABLES: &str = "
    with recursive base (oid, name) as (
        select oid, typname::text from pg_type where typtype <> 'd'
        union all
        select d.oid, base.name from pg_type d join base on base.oid = d.typbasetype where d.typtype = 'd'
    )
    select case when quote_ident(n.nspname) = '{own}' then '{own}.' || c.relname else c.relname::text end as name,
        (has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select'))::text,
        row_security_active(c.oid)::text, (c.relkind = 'r')::text, a.attname::text, base.name, format_type(a.atttypid, a.atttypmod),
        (not a.attnotnull)::text
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join base on base.oid = a.atttypid
    where c.relkind in ('r', 'p', 'f') and not c.relispartition
        and (pg_table_is_visible(c.oid) or quote_ident(n.nspname) = '{own}')
        and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
        )
    order by 1, a.attnum";

/// The tables of a file; neither SQLite's nor those with which Litestream watches a file.
const SQLITE_TABLES: &str = "
    select t.name, 'true', 'false', 'true', c.name, null, null,
        case when c.\"notnull\" = 0 and c.pk = 0 then 'true' else 'false' end
    from sqlite_schema t left join pragma_table_xinfo(t.name) c
    where t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\'
        and t.name not in ('_litestream_seq', '_litestream_lock')
    order by t.name, c.cid";

pub(super) async fn read(pool: &Pool, own: &OwnTables) -> Result<Vec<Table>, Error> {
    let query = match pool.any() {
        AnyPool::Postgres(_) => POSTGRES_TABLES.replace("{own}", &own.schema().unwrap_or_default().replace('\'', "''")),
        AnyPool::Sqlite(_) => SQLITE_TABLES.to_owned(),
    };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for row in pool.text_rows(&query).await? {
        let Ok([Some(name), readable, hides_rows, is_ordinary, column, base, sql, is_nullable]) =
            <[_; 8]>::try_from(row)
        else {
            continue;
        };
        let is = |flag: Option<String>| flag.as_deref() == Some("true");
        let table = tables.entry(name.clone()).or_insert_with(|| Table {
            name,
            columns: Vec::new(),
            readable: is(readable),
            hides_rows: is(hides_rows),
            is_ordinary: is(is_ordinary),
        });
        let type_name = base.zip(sql).map(|(base, sql)| TypeName { base, sql });
        let is_nullable = is(is_nullable);
        table.columns.extend(column.map(|name| Column { name, type_name, is_nullable }));
    }
    Ok(tables.into_values().collect())
}

impl Table {
    /// The column of a name, when there is one.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
