//! Makes a database ready to serve. Nothing is changed before the database is known to be ours or empty.

use std::collections::BTreeSet;

use partbook_database::catalogue::{Catalogue, Table};
use partbook_database::{Pool, Prepared, SchemaKind, StartError};

use crate::apply::apply_pending;
use crate::detect::{CATALOG, Found, detect_among};

/// Makes a database ready to serve: sets up an empty one, brings ours up to date, leaves a legacy one as it is.
/// `required` is every table and column that the statements name.
///
/// # Errors
/// [`StartError::Unfit`] for a database of another program, one that is newer than this program, and one that lacks
/// something required, naming all of it.
pub async fn prepare(pool: Pool, required: &[(&'static str, Vec<&'static str>)]) -> Result<Prepared, StartError> {
    let before = Catalogue::read(&pool).await?;
    let (schema, catalogue) = match detect_among(&pool, &before.tables).await? {
        Found::Legacy => (SchemaKind::Legacy, before),
        Found::Empty | Found::Ours(_) => {
            for migration in apply_pending(&pool, None).await? {
                tracing::info!(version = migration.version, name = %migration.name, "migration applied");
            }
            (SchemaKind::Ours, Catalogue::read(&pool).await?)
        }
    };
    match missing(&catalogue.tables, required) {
        None => Ok(Prepared { pool, schema, catalogue }),
        Some(missing) if schema == SchemaKind::Legacy => Err(StartError::Unfit(format!(
            "the database looks like the legacy catalog, but {missing}. It can be served from revision 0026 on"
        ))),
        Some(missing) => Err(StartError::Unfit(format!(
            "the database has all of Partbook's migrations, but {missing}. Something else has changed it: restore a backup"
        ))),
    }
}

/// Everything required that is not there or may not be read, as the rest of a sentence; `None` when nothing is missing.
pub(crate) fn missing(tables: &[Table], required: &[(&'static str, Vec<&'static str>)]) -> Option<String> {
    let table = |name: &str| tables.iter().find(|table| table.name == name);
    let wanted: BTreeSet<&str> = CATALOG.into_iter().chain(required.iter().map(|(name, _)| *name)).collect();
    let mut missing_tables = Vec::new();
    let mut unreadable = Vec::new();
    let mut hidden = Vec::new();
    for name in wanted {
        match table(name) {
            None => missing_tables.push(name.to_owned()),
            Some(table) if !table.readable => unreadable.push(name.to_owned()),
            // A use that is not seen would not keep a part from being deleted.
            Some(table) if table.hides_rows => hidden.push(name.to_owned()),
            Some(_) => {}
        }
    }
    let mut missing_columns = BTreeSet::new();
    for (name, columns) in required {
        let Some(table) = table(name) else { continue };
        let missing = columns.iter().filter(|column| !table.columns.iter().any(|known| known == *column));
        missing_columns.extend(missing.map(|column| format!("{name}.{column}")));
    }
    let mut faults = Vec::new();
    for (what, names) in [
        ("it lacks the table(s)", missing_tables),
        ("it lacks the column(s)", missing_columns.into_iter().collect()),
        ("the role lacks the right to select from", unreadable),
        ("row level security hides rows from the role (it needs bypassrls, or to own the tables) in", hidden),
    ] {
        if !names.is_empty() {
            faults.push(format!("{what} {}", names.join(", ")));
        }
    }
    (!faults.is_empty()).then(|| faults.join("; "))
}
