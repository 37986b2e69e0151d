//! The foreign keys of other programs' tables that point at the catalog (contract section 2, DELETE).

use std::collections::BTreeMap;

use super::StartError;
use crate::pool::Pool;
use crate::schema::text_rows;

/// A foreign key of a table that is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForeignReference {
    /// The table, quoted and qualified as SQL needs it.
    pub(crate) table: String,
    /// The table, as people call it.
    pub(crate) name: String,
    /// The table of ours that it points at.
    pub(crate) target: String,
    /// Its columns, quoted where SQL needs it.
    pub(crate) columns: Vec<String>,
    /// The columns they point at, in the same order, quoted likewise.
    pub(crate) target_columns: Vec<String>,
    /// Whether the service may read the table.
    pub(crate) readable: bool,
}

/// A partition's foreign key is its parent's (`conparentid`). Tables of any schema count, ours are those an unqualified
/// name finds.
const POSTGRES_REFERENCES: &str = "
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
const SQLITE_REFERENCES: &str = r#"
    select t.name || '.' || key.id, '"' || replace(t.name, '"', '""') || '"', t.name, t.name, 'true', lower(key."table"),
        '"' || replace(key."from", '"', '""') || '"',
        '"' || replace(coalesce(key."to", (
            select c.name from pragma_table_info(key."table") c where c.pk = key.seq + 1
        )), '"', '""') || '"',
        'true'
    from sqlite_schema t join pragma_foreign_key_list(t.name) key
    where t.type = 'table'
    order by t.name, key.id, key.seq"#;

/// Every foreign key of tables that are not `ours` and that points at one of `targets`, whatever its delete rule.
pub(crate) async fn foreign_references(
    pool: &Pool,
    targets: &[&str],
    ours: &[&str],
) -> Result<Vec<ForeignReference>, StartError> {
    let query = match pool {
        Pool::Postgres(..) => POSTGRES_REFERENCES,
        Pool::Sqlite(..) => SQLITE_REFERENCES,
    };
    let mut references: BTreeMap<String, ForeignReference> = BTreeMap::new();
    for row in text_rows(pool, query.to_owned()).await? {
        let Some(row) = row.into_iter().collect::<Option<Vec<String>>>() else { continue };
        let Ok([key, table, name, plain, visible, target, column, target_column, readable]) =
            <[String; 9]>::try_from(row)
        else {
            continue;
        };
        let is_ours = visible == "true" && ours.contains(&plain.as_str());
        if is_ours || !targets.contains(&target.as_str()) {
            continue;
        }
        let reference = references.entry(key).or_insert_with(|| ForeignReference {
            table,
            name,
            target,
            columns: Vec::new(),
            target_columns: Vec::new(),
            readable: readable == "true",
        });
        reference.columns.push(column);
        reference.target_columns.push(target_column);
    }
    Ok(references.into_values().collect())
}
