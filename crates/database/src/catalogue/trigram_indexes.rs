//! Trigram indexes of folded text, which a database need not have.

use crate::error::Error;
use crate::own::OwnTables;
use crate::pool::{AnyPool, Pool};

/// The tables with a whole, finished one.
const POSTGRES_TRIGRAM_INDEXES: &str = "
    select distinct t.relname::text
    from pg_index i
    join pg_class t on t.oid = i.indrelid
    join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0] and a.attname = 'partbook_search'
    join pg_opclass o on o.oid = i.indclass[0] and o.opcname = 'gin_trgm_ops'
    where i.indnkeyatts = 1 and i.indisvalid and i.indpred is null and pg_table_is_visible(t.oid)
    order by 1";

/// The tables with one that all its triggers keep.
const SQLITE_TRIGRAM_INDEXES: &str = "
    select t.name from sqlite_schema t
    join sqlite_schema i on i.type = 'table' and i.name = '{own}' || t.name || '_search'
    where t.type = 'table' and i.sql like 'create virtual table % using fts5 (%trigram case_sensitive 1%' and 3 = (
        select count(*) from sqlite_schema g where g.type = 'trigger' and g.tbl_name = t.name
            and g.name in (i.name || '_insert', i.name || '_update', i.name || '_delete'))
    order by 1";

pub(super) async fn read(pool: &Pool, own: &OwnTables) -> Result<Vec<String>, Error> {
    let query = match pool.any() {
        AnyPool::Postgres(_) => POSTGRES_TRIGRAM_INDEXES.to_owned(),
        AnyPool::Sqlite(_) => SQLITE_TRIGRAM_INDEXES.replace("{own}", &own.table("")),
    };
    Ok(pool.text_rows(&query).await?.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}
