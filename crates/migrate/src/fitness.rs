//! Whether a database has what the statements need, and everything that it lacks.

use std::collections::BTreeSet;

use partbook_database::OwnTables;
use partbook_database::catalogue::{Catalogue, RequiredTable, Table};

use crate::detect::CATALOG;

/// Everything that is not as it is required, as the rest of a sentence; `None` where nothing is wrong.
pub(crate) fn faults(catalogue: &Catalogue, own: &OwnTables, required: &[RequiredTable]) -> Option<String> {
    let required: Vec<Required> = required.iter().map(|table| Required::of(table, own)).collect();
    let required = required.as_slice();
    let all = [
        ("it lacks the table(s)", missing_tables(catalogue, required)),
        ("it lacks the column(s)", missing_columns(catalogue, required)),
        ("it has column(s) of another type:", other_types(catalogue, required)),
        ("it lacks a primary key or unique constraint on", missing_keys(catalogue, required)),
        ("the role lacks the right to select from", unreadable(catalogue, required)),
        (
            "row level security hides rows from the role (it needs bypassrls, or to own the tables) in",
            hidden(catalogue, required),
        ),
    ];
    let faults = all.iter().filter(|(_, names)| !names.is_empty());
    let faults: Vec<String> = faults
        .map(|(what, names)| format!("{what} {}", names.iter().cloned().collect::<Vec<_>>().join(", ")))
        .collect();
    (!faults.is_empty()).then(|| faults.join("; "))
}

/// A table that is required, and what it is called in this database.
struct Required<'a> {
    name: String,
    table: &'a RequiredTable,
}

impl<'a> Required<'a> {
    fn of(table: &'a RequiredTable, own: &OwnTables) -> Self {
        let name = if table.is_own { own.table(table.name) } else { table.name.to_owned() };
        Self { name, table }
    }
}

/// The tables that have to be there: those that statements name, and those that make a catalog.
fn wanted<'a>(required: &'a [Required<'_>]) -> impl Iterator<Item = &'a str> {
    CATALOG.into_iter().chain(required.iter().map(|table| table.name.as_str()))
}

fn found<'a>(catalogue: &'a Catalogue, required: &[Required<'_>]) -> impl Iterator<Item = &'a Table> {
    wanted(required).filter_map(|name| catalogue.table(name)).collect::<Vec<_>>().into_iter()
}

fn missing_tables(catalogue: &Catalogue, required: &[Required<'_>]) -> BTreeSet<String> {
    wanted(required).filter(|name| catalogue.table(name).is_none()).map(str::to_owned).collect()
}

fn unreadable(catalogue: &Catalogue, required: &[Required<'_>]) -> BTreeSet<String> {
    let tables = found(catalogue, required);
    tables.filter(|table| !table.readable).map(|table| table.name.clone()).collect()
}

/// A use that is not seen would not keep a part from being deleted.
fn hidden(catalogue: &Catalogue, required: &[Required<'_>]) -> BTreeSet<String> {
    let tables = found(catalogue, required);
    tables.filter(|table| table.readable && table.hides_rows).map(|table| table.name.clone()).collect()
}

fn missing_columns(catalogue: &Catalogue, required: &[Required<'_>]) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    for Required { name, table: RequiredTable { columns, .. } } in required {
        let Some(table) = catalogue.table(name) else { continue };
        let absent = columns.iter().filter(|column| table.column(column.name).is_none());
        missing.extend(absent.map(|column| format!("{name}.{}", column.name)));
    }
    missing
}

fn other_types(catalogue: &Catalogue, required: &[Required<'_>]) -> BTreeSet<String> {
    let mut others = BTreeSet::new();
    for Required { name, table: RequiredTable { columns, .. } } in required {
        let Some(table) = catalogue.table(name) else { continue };
        others.extend(columns.iter().filter_map(|wanted| {
            let column = table.column(wanted.name)?;
            let expected = wanted.mismatch(column)?;
            let found = &column.type_name.as_ref()?.sql;
            Some(format!("{name}.{} is {found} and has to be {expected}", wanted.name))
        }));
    }
    others
}

/// Of ordinary tables: a partitioned one can only have keys that its partitions are chosen by.
fn missing_keys(catalogue: &Catalogue, required: &[Required<'_>]) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    for Required { name, table: RequiredTable { unique_keys, .. } } in required {
        let Some(table) = catalogue.table(name).filter(|table| table.is_ordinary) else { continue };
        let keys = unique_keys.iter().filter(|columns| {
            columns.iter().all(|column| table.column(column).is_some())
                && catalogue.unique_keys_of(name, columns).next().is_none()
        });
        missing.extend(keys.map(|columns| format!("{name} ({})", columns.join(", "))));
    }
    missing
}
