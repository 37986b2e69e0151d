//! Unique keys: what the database itself keeps from being there twice.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::pool::{AnyPool, Pool};

/// A unique key: a primary key, a unique constraint or a unique index that holds for every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueKey {
    /// The table; for a partition's key, the table that is partitioned.
    pub table: String,
    /// The name that a violation reports.
    pub name: String,
    /// The columns, those in expressions included, in the order of the table.
    pub columns: Vec<String>,
    /// Whether it is about the columns themselves, and not about what an expression makes of them.
    pub is_plain: bool,
}

/// The columns of an index and of its expressions, which depend on their columns as the index does.
const POSTGRES_UNIQUE_KEYS: &str = "
    select distinct i.indexrelid::text, t.relname::text, k.relname::text, a.attname::text, (i.indexprs is null)::text, a.attnum
    from pg_index i
    join pg_class k on k.oid = i.indexrelid
    join pg_class t on t.oid = coalesce(pg_partition_root(i.indrelid), i.indrelid)
    join pg_class own on own.oid = i.indrelid
    join pg_attribute a on a.attrelid = i.indrelid and (
        a.attnum = any (i.indkey[0:i.indnkeyatts - 1]) or i.indexprs is not null and exists (
            select from pg_depend d
            where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
                and d.refclassid = 'pg_class'::regclass and d.refobjid = i.indrelid and d.refobjsubid = a.attnum
        )
    )
    join pg_namespace n on n.oid = t.relnamespace
    where i.indisunique and i.indisvalid and not i.indisexclusion and i.indpred is null and pg_table_is_visible(t.oid)
        and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    order by 2, 3, 1, 6";

/// The id of a table is its row's own key, and has no index. Of expressions nothing is known but that they are there.
const SQLITE_UNIQUE_KEYS: &str = "
    select t.name || '.id', t.name, t.name || '.id', c.name, 'true'
    from sqlite_schema t join pragma_table_info(t.name) c
    where t.type = 'table' and c.pk > 0
    union all
    select i.name, t.name, i.name, c.name, 'true'
    from sqlite_schema t join pragma_index_list(t.name) i join pragma_index_info(i.name) c
    where t.type = 'table' and i.\"unique\" and not i.partial and i.origin <> 'pk'
        and not exists (select 1 from pragma_index_info(i.name) e where e.name is null)
    order by 2, 3";

pub(super) async fn read(pool: &Pool) -> Result<Vec<UniqueKey>, Error> {
    let query = match pool.any() {
        AnyPool::Postgres(_) => POSTGRES_UNIQUE_KEYS,
        AnyPool::Sqlite(_) => SQLITE_UNIQUE_KEYS,
    };
    let mut keys: BTreeMap<String, UniqueKey> = BTreeMap::new();
    for row in pool.text_rows(query).await? {
        let [Some(key), Some(table), Some(name), Some(column), Some(is_plain), ..] = row.as_slice() else { continue };
        let key = keys.entry(key.clone()).or_insert_with(|| UniqueKey {
            table: table.clone(),
            name: name.clone(),
            columns: Vec::new(),
            is_plain: is_plain == "true",
        });
        key.columns.push(column.clone());
    }
    Ok(keys.into_values().collect())
}

impl UniqueKey {
    /// Whether it lets no two rows of the table agree in these columns, null aside. Of several columns, that may be by
    /// expressions that put something in the place of null.
    #[must_use]
    pub fn is_of(&self, table: &str, columns: &[&str]) -> bool {
        self.table == table
            && (self.is_plain || columns.len() > 1)
            && self.columns.len() == columns.len()
            && columns.iter().all(|column| self.columns.iter().any(|own| own == column))
    }
}
