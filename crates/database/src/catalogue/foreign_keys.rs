//! Foreign keys.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::pool::{AnyPool, Pool};

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The table that points, quoted and qualified as SQL needs it.
    pub table: String,
    /// The table, as people call it.
    pub name: String,
    /// The table that it points at, of those that an unqualified name finds.
    pub target: String,
    /// The name of the table that points, where an unqualified name finds it.
    pub visible_name: Option<String>,
    /// Its columns, quoted where SQL needs it.
    pub columns: Vec<String>,
    /// The columns they point at, in the same order, quoted likewise.
    pub target_columns: Vec<String>,
    /// Whether the service may read the table.
    pub readable: bool,
}

/// A partition's foreign key is its parent's (`conparentid`). Tables of any schema count, ours are those an unqualified
/// name finds.
const POSTGRES_FOREIGN_KEYS: &str = "
    select con.oid::text, format('%I.%I', n.nspname, c.relname),
        case when pg_table_is_visible(c.oid) then c.relname::text else n.nspname || '.' || c.relname end,
        c.relname::text, pg_table_is_visible(c.oid)::text, target.relname::text,
        quote_ident(a.attname), quote_ident(b.attname),
        (has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'))::text
    from pg_constraint con
    join pg_class c on c.oid = con.conrelid
    join pg_namespace n on n.oid = c.relnamespace
    join pg_class target on target.oid = con.confrelid
    cross join lateral unnest(con.conkey, con.confkey) with ordinality as key (own, other, place)
    join pg_attribute a on a.attrelid = con.conrelid and a.attnum = key.own
    join pg_attribute b on b.attrelid = con.confrelid and b.attnum = key.other
    where con.contype = 'f' and con.conparentid = 0 and pg_table_is_visible(target.oid)
    order by n.nspname, c.relname, con.conname, key.place";

/// A key that names no target columns points at the primary key.
const SQLITE_FOREIGN_KEYS: &str = r#"
    select t.name || '.' || key.id, '"' || replace(t.name, '"', '""') || '"', t.name, t.name, 'true', lower(key."table"),
        '"' || replace(key."from", '"', '""') || '"',
        '"' || replace(coalesce(key."to", (
            select c.name from pragma_table_info(key."table") c where c.pk = key.seq + 1
        )), '"', '""') || '"',
        'true'
    from sqlite_schema t join pragma_foreign_key_list(t.name) key
    where t.type = 'table'
    order by t.name, key.id, key.seq"#;

/// Every foreign key that points at a table that an unqualified name finds.
pub(super) async fn read(pool: &Pool) -> Result<Vec<ForeignKey>, Error> {
    let query = match pool.any() {
        AnyPool::Postgres(_) => POSTGRES_FOREIGN_KEYS,
        AnyPool::Sqlite(_) => SQLITE_FOREIGN_KEYS,
    };
    let mut keys: BTreeMap<String, ForeignKey> = BTreeMap::new();
    for row in pool.text_rows(query).await? {
        let Some(row) = row.into_iter().collect::<Option<Vec<String>>>() else { continue };
        let Ok([key, table, name, plain, visible, target, column, target_column, readable]) =
            <[String; 9]>::try_from(row)
        else {
            continue;
        };
        let key = keys.entry(key).or_insert_with(|| ForeignKey {
            table,
            name,
            target,
            visible_name: (visible == "true").then_some(plain),
            columns: Vec::new(),
            target_columns: Vec::new(),
            readable: readable == "true",
        });
        key.columns.push(column);
        key.target_columns.push(target_column);
    }
    Ok(keys.into_values().collect())
}
