//! Sequences that would give an id which a row has: a restore or a load of rows with their ids leaves that.

use partbook_database::Dialect;

use crate::error::CheckError;
use crate::finding::{Finding, FindingKind};
use crate::snapshot::Snapshot;
use crate::sql::{identifier, literal};

/// The sequences that columns of tables draw from, with what the role may read of each: the value itself, or only the last one that
/// was given.
const POSTGRES_SEQUENCES: &str = "
    with drawn (sequence, \"table\", place) as (
        select d.objid, d.refobjid, d.refobjsubid from pg_depend d
        where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'i'
        union
        select d.refobjid, a.adrelid, a.adnum from pg_attrdef a
        join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_class'::regclass
    )
    select format('%I.%I', n.nspname, s.relname), t.relname::text, a.attname::text,
        case
            when not has_schema_privilege(n.oid, 'usage') then 'hidden'
            when has_sequence_privilege(s.oid, 'select') then 'read'
            when has_sequence_privilege(s.oid, 'usage') then 'last'
            else 'hidden'
        end,
        s.oid::text, q.seqincrement::text
    from drawn
    join pg_class s on s.oid = drawn.sequence and s.relkind = 'S'
    join pg_namespace n on n.oid = s.relnamespace
    join pg_sequence q on q.seqrelid = s.oid and q.seqincrement > 0
    join pg_class t on t.oid = drawn.\"table\" and t.relkind in ('r', 'p') and pg_table_is_visible(t.oid)
    join pg_attribute a on a.attrelid = t.oid and a.attnum = drawn.place
    where has_column_privilege(t.oid, a.attnum, 'select')
    order by 1, 2, 3";

pub(crate) async fn sequences(snapshot: &mut Snapshot) -> Result<Vec<Finding>, CheckError> {
    match snapshot.dialect() {
        Dialect::Postgres => on_postgres(snapshot).await,
        Dialect::Sqlite => on_sqlite(snapshot).await,
    }
}

async fn on_postgres(snapshot: &mut Snapshot) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Vec::new();
    for row in snapshot.rows("the sequences", POSTGRES_SEQUENCES).await? {
        let Some([sequence, table, column, right, oid, increment]) = texts(row) else { continue };
        if snapshot.catalogue.table(&table).is_none() {
            continue;
        }
        let (quoted, greatest) =
            (identifier(&column), format!("(select max({}) from {})", identifier(&column), identifier(&table)));
        // Of one that has given nothing yet, only the sequence itself tells what comes first.
        let next = match right.as_str() {
            "read" => format!(
                "(select case when is_called then last_value + {increment} else last_value end from {sequence})"
            ),
            "last" => format!("(pg_sequence_last_value({oid}::oid::regclass) + {increment})"),
            _ => "null".to_owned(),
        };
        let query = format!("select cast({next} as text), cast({greatest} as text)");
        let row = snapshot.rows(&sequence, &query).await?.into_iter().next().unwrap_or_default();
        let Ok([next, greatest_id]) = <[Option<String>; 2]>::try_from(row) else { continue };
        // A table without rows has no id that could be given twice.
        let Some(greatest_id) = number(greatest_id) else { continue };
        let Some(next) = number(next) else {
            snapshot
                .unseen
                .insert(format!("{sequence}: the role may not read it; `grant select on sequence {sequence}`"));
            continue;
        };
        if next <= greatest_id {
            let healing =
                format!("select setval({}, (select max({quoted}) from {}));", literal(&sequence), identifier(&table));
            findings.push(finding(&table, &column, &sequence, (next, greatest_id), healing));
        }
    }
    Ok(findings)
}

/// An id that was given is not given again, as long as the table of sequences says so.
async fn on_sqlite(snapshot: &mut Snapshot) -> Result<Vec<Finding>, CheckError> {
    let there = "select name from sqlite_schema where name = 'sqlite_sequence'";
    if snapshot.rows("the sequences", there).await?.is_empty() {
        return Ok(Vec::new());
    }
    let tables = "select t.name, cast(coalesce(max(s.seq), 0) as text), t.sql
        from sqlite_schema t left join sqlite_sequence s on s.name = t.name
        where t.type = 'table' and t.sql like '%autoincrement%' group by t.name order by t.name";
    let mut findings = Vec::new();
    for row in snapshot.rows("the sequences", tables).await? {
        let Some([table, last, sql]) = texts(row) else { continue };
        if snapshot.catalogue.table(&table).is_none() || !has_word(&sql, "autoincrement") {
            continue;
        }
        let query = format!("select cast(max(rowid) as text) from {}", identifier(&table));
        let greatest = snapshot.rows(&table, &query).await?.into_iter().next().and_then(|row| row.into_iter().next());
        let (Some(greatest), Some(last)) = (number(greatest.flatten()), number(Some(last))) else { continue };
        if last < greatest {
            let (name, quoted) = (literal(&table), identifier(&table));
            let healing = format!(
                "delete from sqlite_sequence where name = {name};\n\
                 insert into sqlite_sequence (name, seq) select {name}, max(rowid) from {quoted};"
            );
            findings.push(finding(&table, "id", "sqlite_sequence", (last + 1, greatest), healing));
        }
    }
    Ok(findings)
}

/// Whether a statement has a word by itself, and not as a part of another one.
fn has_word(sql: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    sql.split(|character| !is_part(character)).any(|part| part.eq_ignore_ascii_case(word))
}

fn finding(table: &str, column: &str, sequence: &str, (next, greatest): (i64, i64), healing: String) -> Finding {
    Finding {
        kind: FindingKind::Sequence,
        table: Some(table.to_owned()),
        columns: vec![column.to_owned()],
        count: 1,
        examples: vec![greatest.to_string()],
        what: format!("{sequence} would give {next} next, and the greatest id is {greatest}"),
        healing: Some(healing),
        by_hand: None,
    }
}

fn texts<const N: usize>(row: Vec<Option<String>>) -> Option<[String; N]> {
    row.into_iter().collect::<Option<Vec<String>>>()?.try_into().ok()
}

fn number(text: Option<String>) -> Option<i64> {
    text?.parse().ok()
}
