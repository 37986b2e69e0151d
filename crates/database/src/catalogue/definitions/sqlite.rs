//! The schema of a SQLite file.

use super::table_sql::{Part, plain, split};
use super::{Definition, DefinitionKind};
use crate::error::Error;
use crate::pool::Pool;

/// What SQLite keeps of each statement that made something. Neither its own tables nor those with which Litestream watches a
/// file are part of the schema; an index without a statement comes with its constraint.
const STATEMENTS: &str = "
    select type, tbl_name, name, sql from sqlite_schema
    where sql is not null and name not like 'sqlite\\_%' escape '\\'
        and tbl_name not in ('_litestream_seq', '_litestream_lock')
    order by tbl_name, rowid";

pub(super) async fn read(pool: &Pool) -> Result<Vec<Definition>, Error> {
    let mut definitions = Vec::new();
    for row in pool.text_rows(STATEMENTS).await? {
        let Some(row) = row.into_iter().collect::<Option<Vec<String>>>() else { continue };
        let Ok([kind, table, name, sql]) = <[String; 4]>::try_from(row) else { continue };
        let piece = |kind, table: &str, name: String, text| Definition { kind, table: table.to_owned(), name, text };
        match kind.as_str() {
            "table" => {
                let split = split(&sql);
                definitions.push(piece(DefinitionKind::Table, &table, String::new(), split.options));
                definitions.extend(split.parts.into_iter().map(|part| match part {
                    Part::Column { name, text } => piece(DefinitionKind::Column, &table, name, text),
                    Part::Constraint { name, text } => {
                        piece(DefinitionKind::Constraint, &table, name.unwrap_or_else(|| text.clone()), text)
                    }
                }));
            }
            "index" => definitions.push(piece(DefinitionKind::Index, &table, name, plain(&sql))),
            "trigger" => definitions.push(piece(DefinitionKind::Trigger, &table, name, plain(&sql))),
            _ => definitions.push(piece(DefinitionKind::View, "", name, plain(&sql))),
        }
    }
    definitions.sort_by_key(|definition| definition.kind);
    Ok(definitions)
}
