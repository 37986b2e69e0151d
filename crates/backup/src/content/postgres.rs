//! What is in a PostgreSQL database, other programs' tables included.

use partbook_database::{Connection, Error};

use super::{Content, Sum, sha256};

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

/// What there is, without expressions: the server writes those in other words after they were dumped and restored once. Columns go by
/// their names, since numbers close up where one was dropped; and an index that was left unfinished is not dumped.
const DEFINITIONS: &str = "
    with relation as (
        select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind::text as kind
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname <> 'information_schema' and n.nspname !~ '^pg_' and c.relkind <> 'c'
            and not exists (select from pg_index x where x.indexrelid = c.oid and c.relkind = 'i' and not x.indisvalid)
            and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    )
    select line from (
        select concat_ws(' ', 'relation', name, kind) as line from relation
        union all
        select concat_ws(' ', 'column', r.name, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef,
            a.attgenerated, a.attidentity)
        from relation r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
        where r.kind in ('r', 'p', 'v', 'm', 'f')
        union all
        select concat_ws(' ', 'constraint', r.name, con.conname, con.contype,
            (select string_agg(quote_ident(a.attname), ',' order by k.place) from unnest(con.conkey) with ordinality k (number, place)
                join pg_attribute a on a.attrelid = con.conrelid and a.attnum = k.number),
            con.confrelid::regclass, con.confdeltype)
        from relation r join pg_constraint con on con.conrelid = r.oid where con.contype <> 'n'
        union all
        select concat_ws(' ', 'index', r.name, i.relname, x.indisunique, x.indnatts)
        from relation r join pg_index x on x.indrelid = r.oid join pg_class i on i.oid = x.indexrelid
            and (x.indisvalid or i.relkind = 'I')
        union all
        select concat_ws(' ', 'trigger', r.name, t.tgname, t.tgtype) from relation r
        join pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal
        union all
        select concat_ws(' ', 'function', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), md5(p.prosrc))
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
            and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
        union all
        select concat_ws(' ', 'enum', t.typnamespace::regnamespace, t.typname,
            (select string_agg(quote_literal(e.enumlabel), ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
        from pg_type t where t.typtype = 'e'
    ) pieces
    order by line collate \"C\"";

pub(super) async fn read(connection: &mut Connection) -> Result<Content, Error> {
    connection.execute(SETTINGS).await?;
    let mut content = Content::default();
    for row in connection.text_rows(TABLES).await? {
        let Some(name) = row.into_iter().next().flatten() else { continue };
        let mut sum = Sum::default();
        // A name that no column has, so that the whole row is meant.
        let query = format!("select (\"the whole row\".*)::text from only {name} \"the whole row\"");
        connection.for_each_row(&query, &mut |row| sum.add(&row)).await?;
        content.tables.insert(name, sum.content());
    }
    let mut definitions = String::new();
    for row in connection.text_rows(DEFINITIONS).await? {
        definitions.extend(row.into_iter().flatten());
        definitions.push('\n');
    }
    content.schema_sha256 = sha256(&definitions);
    Ok(content)
}
