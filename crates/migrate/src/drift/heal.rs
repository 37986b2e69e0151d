//! The SQL that makes a schema what it should be, piece by piece.

use partbook_database::Dialect;
use partbook_database::catalogue::{Definition, DefinitionKind as Kind};

use super::Difference;

/// The statements for some differences, in their order; `expected` is the whole schema.
pub(super) fn heal(dialect: Dialect, differences: &[Difference], expected: &[Definition]) -> Vec<String> {
    let is_missing_table = |table: &str| {
        let is_table = |piece: &Definition| piece.kind == Kind::Table && piece.table == table;
        differences.iter().any(|it| it.found.is_none() && it.expected.as_ref().is_some_and(is_table))
    };
    let mut statements = Vec::new();
    for Difference { expected: wanted, found } in differences {
        match (wanted, found) {
            (Some(piece), None) => match dialect {
                Dialect::Postgres => statements.push(make_on_postgres(piece)),
                // A table is made with all that its statement says.
                Dialect::Sqlite if is_missing_table(&piece.table) && is_of_statement(piece.kind) => {
                    if piece.kind == Kind::Table {
                        statements.push(whole_table(piece, expected));
                    }
                }
                Dialect::Sqlite => statements.push(make_on_sqlite(piece)),
            },
            (None, Some(piece)) => statements.push(drop_piece(dialect, piece)),
            (Some(wanted), Some(found)) => statements.extend(change(dialect, wanted, found)),
            (None, None) => {}
        }
    }
    // A sequence belongs to a column that is made after it.
    let owned = differences.iter().filter(|it| it.found.is_none()).filter_map(|it| it.expected.as_ref());
    for sequence in owned.filter(|piece| piece.kind == Kind::Sequence && !piece.text.is_empty()) {
        statements.push(format!("alter sequence {} {};", quote(&sequence.name), sequence.text));
    }
    statements
}

fn make_on_postgres(piece: &Definition) -> String {
    let (table, name, text) = (quote(&piece.table), quote(&piece.name), &piece.text);
    match piece.kind {
        Kind::Enum => format!("create type {name} as enum ({text});"),
        Kind::Sequence => format!("create sequence {name};"),
        Kind::Table if text.is_empty() => format!("create table {table} ();"),
        Kind::Table => by_hand(&format!("create the {text} table {table}")),
        Kind::Column => format!("alter table {table} add column {name} {text};"),
        Kind::Default => format!("alter table {table} alter column {name} set default {text};"),
        Kind::NotNull => format!("alter table {table} alter column {name} set not null;"),
        Kind::Constraint | Kind::ForeignKey => format!("alter table {table} add constraint {name} {text};"),
        Kind::View => format!("create view {name} as {text};"),
        Kind::Function | Kind::Index | Kind::Trigger => format!("{text};"),
    }
}

fn make_on_sqlite(piece: &Definition) -> String {
    let text = piece.text.to_ascii_lowercase();
    let needs_rebuild = text.contains("primary key")
        || text.contains("unique")
        || text.contains("stored")
        || (text.contains("not null") && !text.contains("default"));
    match piece.kind {
        Kind::Column if !needs_rebuild => {
            format!("alter table {} add column {} {};", quote(&piece.table), quote(&piece.name), piece.text)
        }
        Kind::Index | Kind::Trigger | Kind::View => format!("{};", piece.text),
        _ => rebuild(piece),
    }
}

/// The statement of a table that is missing as a whole.
fn whole_table(table: &Definition, expected: &[Definition]) -> String {
    let parts = expected.iter().filter(|piece| piece.table == table.table).filter_map(|piece| match piece.kind {
        Kind::Column => Some(format!("{} {}", quote(&piece.name), piece.text)),
        Kind::Constraint if piece.name == piece.text => Some(piece.text.clone()),
        Kind::Constraint => Some(format!("constraint {} {}", quote(&piece.name), piece.text)),
        _ => None,
    });
    let parts: Vec<String> = parts.collect();
    format!("create table {} ({}) {}", quote(&table.table), parts.join(", "), table.text).trim_end().to_owned() + ";"
}

fn is_of_statement(kind: Kind) -> bool {
    matches!(kind, Kind::Table | Kind::Column | Kind::Constraint)
}

fn drop_piece(dialect: Dialect, piece: &Definition) -> String {
    let (table, name) = (quote(&piece.table), quote(&piece.name));
    match (piece.kind, dialect) {
        (Kind::Table, _) => destroys(&format!("drop table {table};")),
        (Kind::Column, _) => destroys(&format!("alter table {table} drop column {name};")),
        (Kind::Sequence, _) => destroys(&format!("drop sequence {name};")),
        (Kind::Constraint | Kind::ForeignKey, Dialect::Sqlite) => rebuild(piece),
        (Kind::Constraint | Kind::ForeignKey, Dialect::Postgres) => {
            format!("alter table {table} drop constraint {name};")
        }
        (Kind::Enum, _) => format!("drop type {name};"),
        // Its name has the types of its arguments.
        (Kind::Function, _) => format!("drop function {};", piece.name),
        (Kind::Default, _) => format!("alter table {table} alter column {name} drop default;"),
        (Kind::NotNull, _) => format!("alter table {table} alter column {name} drop not null;"),
        (Kind::Index, _) => format!("drop index {name};"),
        (Kind::Trigger, Dialect::Postgres) => format!("drop trigger {name} on {table};"),
        (Kind::Trigger, Dialect::Sqlite) => format!("drop trigger {name};"),
        (Kind::View, _) => format!("drop view {name};"),
    }
}

fn change(dialect: Dialect, wanted: &Definition, found: &Definition) -> Vec<String> {
    let (table, name, text) = (quote(&wanted.table), quote(&wanted.name), &wanted.text);
    match (wanted.kind, dialect) {
        (Kind::Enum, _) => change_words(wanted, found),
        (Kind::Sequence, _) => vec![format!("alter sequence {name} {text};")],
        (Kind::Column, Dialect::Postgres) if !text.contains("generated") => {
            vec![format!("alter table {table} alter column {name} type {text} using {name}::{text};")]
        }
        (Kind::Table | Kind::Column | Kind::Constraint, Dialect::Sqlite) => vec![rebuild(wanted)],
        (Kind::Table | Kind::Column, Dialect::Postgres) => vec![by_hand(&format!("make {} again", wanted.subject()))],
        (Kind::Default | Kind::NotNull | Kind::Function, _) => vec![make_on_postgres(wanted)],
        (_, Dialect::Postgres) => vec![drop_piece(dialect, found), make_on_postgres(wanted)],
        (_, Dialect::Sqlite) => vec![drop_piece(dialect, found), make_on_sqlite(wanted)],
    }
}

/// Adds the words that an enum type lacks, each after the one before it. PostgreSQL takes none away.
fn change_words(wanted: &Definition, found: &Definition) -> Vec<String> {
    let words = |definition: &Definition| definition.text.split(", ").map(str::to_owned).collect::<Vec<_>>();
    let (wanted_words, found_words) = (words(wanted), words(found));
    let name = quote(&wanted.name);
    let mut statements = Vec::new();
    for (index, word) in wanted_words.iter().enumerate().filter(|(_, word)| !found_words.contains(word)) {
        let place = match index.checked_sub(1).map(|before| &wanted_words[before]) {
            Some(before) => format!("after {before}"),
            None => format!("before {}", found_words[0]),
        };
        statements.push(format!("alter type {name} add value {word} {place};"));
    }
    let unknown: Vec<_> = found_words.iter().filter(|word| !wanted_words.contains(word)).cloned().collect();
    if !unknown.is_empty() {
        statements.push(by_hand(&format!("make the type {name} again without {}", unknown.join(", "))));
    }
    if statements.is_empty() {
        statements.push(by_hand(&format!("make the type {name} again with its words in this order: {}", wanted.text)));
    }
    statements
}

/// What takes more than a statement.
fn by_hand(what: &str) -> String {
    format!("-- By hand: {what}")
}

fn destroys(statement: &str) -> String {
    format!("-- Destroys data: {statement}")
}

/// SQLite changes no table; it is made anew (<https://www.sqlite.org/lang_altertable.html#otheralter>).
fn rebuild(piece: &Definition) -> String {
    by_hand(&format!("rebuild the table {} with {piece}", quote(&piece.table)))
}

fn quote(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
