//! What the recorded effect of a migration says, on either database: what goes, what changes under the feet of programs that
//! run, and what a schema should not have.

use partbook_database::Dialect;
use partbook_database::catalogue::{Definition, DefinitionKind as Kind};

use super::Finding;
use super::files::Migration;
use crate::drift::expected;

/// What goes and what comes; lines that define nothing are told by `check_schema`.
fn changes(migration: &Migration) -> (Vec<Definition>, Vec<Definition>) {
    let of = |sign: &str| {
        let lines = migration.schema.iter().flat_map(|schema| schema.lines());
        lines.filter_map(|line| line.strip_prefix(sign)?.parse().ok()).collect()
    };
    (of("- "), of("+ "))
}

/// Finds what is unsafe on a database in use.
pub(super) fn check(migration: &Migration) -> Vec<Finding> {
    let (gone, new) = changes(migration);
    let up = migration.up.to_ascii_lowercase();
    let has_table = |table: &str| !gone.iter().any(|piece| piece.kind == Kind::Table && piece.table == table);
    let finding = |rule, message| Some(Finding::new(&migration.path, rule, message));
    let mut findings: Vec<Finding> = Vec::new();
    for piece in &gone {
        let subject = piece.subject();
        let successor = new.iter().find(|other| other.is_about(piece));
        findings.extend(match (piece.kind, successor) {
            (Kind::Table, None) => finding(
                "drops-table",
                format!("{subject} goes with its rows; programs of the version before still ask for it"),
            ),
            (Kind::Column, None) if has_table(&piece.table) => finding(
                "drops-column",
                format!("{subject} goes with its values; programs of the version before still ask for it"),
            ),
            (Kind::Column, Some(successor)) => finding(
                "changes-column",
                format!(
                    "{subject} was `{}` and becomes `{}`; the table is written anew under a lock",
                    piece.text, successor.text
                ),
            ),
            // Those of a table that SQLite makes anew are lost unless they are made again.
            (Kind::Index | Kind::Trigger, None)
                if has_table(&piece.table) && !up.contains(&format!("drop {} ", piece.kind)) =>
            {
                finding("loses", format!("{subject} is gone, though no statement says so: make it again"))
            }
            (Kind::Enum, Some(successor)) if lacks_words(piece, successor) => {
                finding("drops-words", format!("{subject} loses words that rows may have"))
            }
            _ => None,
        });
    }
    for piece in new.iter().filter(|piece| piece.kind == Kind::Column) {
        let is_new = !gone.iter().any(|other| other.is_about(piece));
        let existed = !new.iter().any(|other| other.kind == Kind::Table && other.table == piece.table);
        let text = piece.text.to_ascii_lowercase();
        let refuses_null = text.contains("not null")
            || new
                .iter()
                .any(|other| other.kind == Kind::NotNull && other.table == piece.table && other.name == piece.name);
        let has_default = text.contains("default")
            || text.contains("generated")
            || new
                .iter()
                .any(|other| other.kind == Kind::Default && other.table == piece.table && other.name == piece.name);
        if is_new && existed && refuses_null && !has_default {
            let message =
                format!("{} refuses null and has no default: rows that are there cannot have it", piece.subject());
            findings.push(Finding::new(&migration.path, "not-null-without-default", message));
        }
    }
    if up.contains("truncate ") || up.contains("drop database") {
        findings.push(Finding::new(&migration.path, "destroys", "empties a table, or drops a database"));
    }
    findings
}

fn lacks_words(before: &Definition, after: &Definition) -> bool {
    let after: Vec<&str> = after.text.split(", ").collect();
    before.text.split(", ").any(|word| !after.contains(&word))
}

/// Finds what the schema should not have in the end: foreign keys that point nowhere or have no index, and columns that this
/// program cannot read.
pub(super) fn check_schema(migrations: &[Migration]) -> Vec<Finding> {
    let Some(last) = migrations.last() else { return Vec::new() };
    let schemas = migrations.iter().filter_map(|migration| migration.schema.as_deref());
    let definitions = match expected::expected(schemas) {
        Ok(definitions) => definitions,
        Err(fault) => return vec![Finding::new(&last.path, "not-recorded", fault)],
    };
    let made_by = |piece: &Definition| {
        let makes = |migration: &&Migration| changes(migration).1.contains(piece);
        migrations.iter().rev().find(makes).unwrap_or(last)
    };
    let mut findings = Vec::new();
    for piece in &definitions {
        let finding = |rule, message| Finding::new(&made_by(piece).path, rule, message);
        if let Some((column, target)) = foreign_key(piece) {
            if !definitions.iter().any(|other| other.kind == Kind::Table && other.table == target) {
                findings.push(finding(
                    "no-target",
                    format!("{} points at {target}, which no migration makes", piece.subject()),
                ));
            }
            if !has_index(&definitions, &piece.table, &column) {
                let message = format!(
                    "{}.{column} points at {target} and has no index: each delete there reads the whole table",
                    piece.table
                );
                findings.push(finding("no-index", message));
            }
        }
        if last.dialect == Dialect::Postgres && piece.kind == Kind::Column && !is_readable(&definitions, &piece.text) {
            findings.push(finding(
                "unreadable-type",
                format!("{} is of the type {}, which Partbook cannot read", piece.subject(), piece.text),
            ));
        }
    }
    findings
}

/// The first column of a foreign key, and the table that it points at.
fn foreign_key(piece: &Definition) -> Option<(String, String)> {
    let text = piece.text.to_ascii_lowercase();
    let target =
        |text: &str| Some(text.split_once("references ")?.1.split([' ', '(']).next()?.trim_matches('"').to_owned());
    match piece.kind {
        Kind::ForeignKey | Kind::Constraint => {
            let (_, columns) = text.split_once("foreign key")?;
            let column = columns.trim_start().strip_prefix('(')?.split([',', ')']).next()?.trim();
            Some((column.trim_matches('"').to_owned(), target(columns)?))
        }
        Kind::Column => Some((piece.name.clone(), target(&text)?)),
        _ => None,
    }
}

/// Whether an index, or a key, begins with a column.
fn has_index(definitions: &[Definition], table: &str, column: &str) -> bool {
    definitions.iter().filter(|piece| piece.table == table).any(|piece| {
        let text = piece.text.to_ascii_lowercase();
        let columns = match piece.kind {
            Kind::Index => text
                .split_once(" on ")
                .and_then(|(_, rest)| rest.split_once('('))
                .map(|(_, columns)| columns.to_owned()),
            Kind::Constraint if text.starts_with("primary key") || text.starts_with("unique") => {
                text.split_once('(').map(|(_, columns)| columns.to_owned())
            }
            Kind::Column if piece.name == column => return text.contains("primary key") || text.contains(" unique"),
            _ => None,
        };
        columns.is_some_and(|columns| {
            columns.split([',', ')', ' ']).next().is_some_and(|first| first.trim_matches('"') == column)
        })
    })
}

/// The types that the codec of `database` takes apart, without their lengths; and words of an enum type.
fn is_readable(definitions: &[Definition], text: &str) -> bool {
    const READABLE: [&str; 8] = [
        "integer",
        "bigint",
        "boolean",
        "double precision",
        "text",
        "json",
        "character varying",
        "timestamp without time zone",
    ];
    let name = text.split('(').next().unwrap_or_default();
    let name = name.split(" collate").next().unwrap_or_default();
    let name = name.split(" generated").next().unwrap_or_default().trim();
    READABLE.contains(&name) || definitions.iter().any(|piece| piece.kind == Kind::Enum && piece.name == name)
}
