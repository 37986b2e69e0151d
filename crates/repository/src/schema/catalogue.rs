//! The questions to the databases' own catalogues. They are asked unprepared, so that they work behind any pooler.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Row as _, raw_sql};

use super::StartError;
use crate::pool::Pool;

/// A table that an unqualified name finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// Whether the role may read it.
    pub(super) readable: bool,
}

/// The tables of the search path; neither the system's nor an extension's.
const POSTGRES_TABLES: &str = "
    select c.relname::text, a.attname::text, has_any_column_privilege(c.oid, 'select')::text
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

const SQLITE_TABLES: &str = "
    select t.name, c.name, 'true'
    from sqlite_schema t left join pragma_table_xinfo(t.name) c
    where t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\'
    order by t.name, c.cid";

pub(super) async fn tables(pool: &Pool) -> Result<Vec<Table>, StartError> {
    let query = match pool {
        Pool::Postgres(..) => POSTGRES_TABLES,
        Pool::Sqlite(..) => SQLITE_TABLES,
    };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for row in text_rows(pool, query.to_owned()).await? {
        let [Some(name), column, readable] = row.as_slice() else { continue };
        let table = tables.entry(name.clone()).or_insert_with(|| Table {
            name: name.clone(),
            columns: Vec::new(),
            readable: readable.as_deref() == Some("true"),
        });
        table.columns.extend(column.clone());
    }
    Ok(tables.into_values().collect())
}

/// Whether an unqualified name finds a table that the service may read.
pub(crate) async fn has_table(pool: &Pool, name: &str) -> Result<bool, StartError> {
    Ok(tables(pool).await?.iter().any(|table| table.name == name && table.readable))
}

/// The rows of a query whose columns are all text.
pub(crate) async fn text_rows(pool: &Pool, query: String) -> Result<Vec<Vec<Option<String>>>, sqlx::Error> {
    let query = raw_sql(AssertSqlSafe(query));
    match pool {
        Pool::Postgres(pool, ..) => {
            let rows = query.fetch_all(pool).await?;
            rows.iter().map(|row| (0..row.len()).map(|column| row.try_get(column)).collect()).collect()
        }
        Pool::Sqlite(pool, _) => {
            let rows = query.fetch_all(pool).await?;
            rows.iter().map(|row| (0..row.len()).map(|column| row.try_get_unchecked(column)).collect()).collect()
        }
    }
}
