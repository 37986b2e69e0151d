//! What is in a PostgreSQL database, other programs' tables included.

use partbook_database::{Connection, Error};

use super::{Content, Sum};

/// The tables with rows of their own; what an extension brought is made anew with it.
const TABLES: &str = "
    select format('%I.%I', n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    order by 1";

/// Two servers write the same row the same way.
const SETTINGS: &str = "
    set extra_float_digits = 3; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set timezone = 'UTC';
    set bytea_output = 'hex'; set xmloption = 'content'; set search_path = pg_catalog; set statement_timeout = 0";

pub(super) async fn read(connection: &mut Connection) -> Result<Content, Error> {
    connection.execute(SETTINGS).await?;
    let mut content = Content::default();
    for row in connection.text_rows(TABLES).await? {
        let Some(name) = row.into_iter().next().flatten() else { continue };
        let mut sum = Sum::default();
        connection.for_each_row(&format!("select t::text from only {name} t"), &mut |row| sum.add(&row)).await?;
        content.tables.insert(name, sum.content());
    }
    Ok(content)
}
