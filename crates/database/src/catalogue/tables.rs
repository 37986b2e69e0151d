//! Tables and their columns.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::pool::{AnyPool, Pool};

/// A table that an unqualified name finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<String>,
    /// Whether the role may read it.
    pub readable: bool,
    /// Whether row level security hides rows of it from the role.
    pub hides_rows: bool,
}

/// The tables of the search path; neither the system's nor an extension's.
const POSTGRES_TABLES: &str = "
    select c.relname::text, a.attname::text, has_any_column_privilege(c.oid, 'select')::text,
        row_security_active(c.oid)::text
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'p', 'f') and not c.relispartition and pg_table_is_visible(c.oid)
        and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
        )
    order by c.relname, a.attnum";

/// The tables of a file; neither SQLite's nor those with which Litestream watches a file.
const SQLITE_TABLES: &str = "
    select t.name, c.name, 'true', 'false'
    from sqlite_schema t left join pragma_table_xinfo(t.name) c
    where t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\'
        and t.name not in ('_litestream_seq', '_litestream_lock')
    order by t.name, c.cid";

pub(super) async fn read(pool: &Pool) -> Result<Vec<Table>, Error> {
    let query = match pool.any() {
        AnyPool::Postgres(_) => POSTGRES_TABLES,
        AnyPool::Sqlite(_) => SQLITE_TABLES,
    };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for row in pool.text_rows(query).await? {
        let [Some(name), column, readable, hides_rows] = row.as_slice() else { continue };
        let table = tables.entry(name.clone()).or_insert_with(|| Table {
            name: name.clone(),
            columns: Vec::new(),
            readable: readable.as_deref() == Some("true"),
            hides_rows: hides_rows.as_deref() == Some("true"),
        });
        table.columns.extend(column.clone());
    }
    Ok(tables.into_values().collect())
}
