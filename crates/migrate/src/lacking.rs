//! What the statements of the program need and the migrations do not make.

use partbook_database::catalogue::{Definition, DefinitionKind, RequiredColumn, RequiredTable};
use partbook_database::{Dialect, StartError};
use partbook_domain::Kind;

use crate::drift::expected::expected;
use crate::files::Migrations;

impl Migrations {
    /// The statements that would make the tables and columns that are required and that no migration makes. Whether a column
    /// may be null, its default, keys and indexes are for people to say.
    ///
    /// # Errors
    /// A recorded effect that defines nothing.
    pub fn lacking(&self, dialect: Dialect, required: &[RequiredTable]) -> Result<Vec<String>, StartError> {
        let made = expected(self.iter().map(|file| file.effect.as_ref())).map_err(StartError::Unfit)?;
        let has_table = |name: &str| {
            made.iter().any(|piece: &Definition| piece.kind == DefinitionKind::Table && piece.table == name)
        };
        let has_column = |table: &str, name: &str| {
            made.iter().any(|it| it.kind == DefinitionKind::Column && it.table == table && it.name == name)
        };
        let mut statements = Vec::new();
        for table in required.iter().filter(|table| !table.is_own) {
            let missing: Vec<&RequiredColumn> = table
                .columns
                .iter()
                .filter(|column| !matches!(column.kind, Kind::Absent) && !has_column(table.name, column.name))
                .collect();
            if !has_table(table.name) {
                let columns: Vec<String> = missing.iter().map(|column| definition(dialect, column)).collect();
                let ending = if dialect == Dialect::Sqlite { " strict" } else { "" };
                statements.push(format!("create table {} (\n    {}\n){ending};", table.name, columns.join(",\n    ")));
                continue;
            }
            statements.extend(
                missing
                    .iter()
                    .map(|column| format!("alter table {} add column {};", table.name, definition(dialect, column))),
            );
        }
        Ok(statements)
    }
}

fn definition(dialect: Dialect, column: &RequiredColumn) -> String {
    if column.name == "id" {
        return match dialect {
            Dialect::Postgres => "id serial primary key",
            Dialect::Sqlite => "id integer primary key autoincrement",
        }
        .to_owned();
    }
    let type_name = match dialect {
        Dialect::Postgres => column.type_on_postgres(),
        Dialect::Sqlite => match column.kind {
            Kind::Int | Kind::Bool => "integer",
            Kind::Float => "real",
            _ => "text",
        },
    };
    format!("{} {type_name}", column.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_made() {
        for (dialect, column, table) in [
            (
                Dialect::Postgres,
                "alter table cpu add column colour text;",
                "create table note (\n    id serial primary key,\n    stars integer\n);",
            ),
            (
                Dialect::Sqlite,
                "alter table cpu add column colour text;",
                "create table note (\n    id integer primary key autoincrement,\n    stars integer\n) strict;",
            ),
        ] {
            let migrations = Migrations::embedded(dialect).unwrap();
            let table_of = |name, columns: &[(&'static str, Kind)]| RequiredTable {
                name,
                is_own: false,
                columns: columns.iter().map(|(name, kind)| RequiredColumn::new(name, *kind)).collect(),
                unique_keys: Vec::new(),
            };
            let required = [
                table_of("cpu", &[("id", Kind::Int), ("colour", Kind::Text)]),
                table_of("note", &[("id", Kind::Int), ("stars", Kind::Int)]),
            ];
            assert_eq!(migrations.lacking(dialect, &required).unwrap(), [column, table]);
            assert_eq!(migrations.lacking(dialect, &required[..0]).unwrap(), [] as [&str; 0]);
        }
    }
}
