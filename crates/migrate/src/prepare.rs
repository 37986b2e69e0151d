//! Makes a database ready to serve. Nothing is changed before the database is known to be ours or empty.

use partbook_database::catalogue::{Catalogue, RequiredTable};
use partbook_database::{Pool, Prepared, SchemaKind, StartError};

use crate::books::History;
use crate::detect::{Found, detect_among};
use crate::fitness::faults;
use crate::migrator::Migrator;
use crate::precaution::Precaution;

/// Whether a start brings the database up to date.
#[derive(Clone, Copy)]
pub enum AtStart<'a> {
    /// It applies what is pending, after a precaution where there are rows.
    Migrate(&'a dyn Precaution),
    /// It leaves the schema as it is: another program, or another role, sees to it.
    LeaveAsItIs,
}

/// Makes a database ready to serve: sets up an empty one, brings ours up to date, leaves a legacy one as it is.
/// `required` is every table, column and key that the statements rely on.
///
/// # Errors
/// [`StartError::Unfit`] for a database of another program, one that is newer than this program, and one that lacks
/// something required or has it in another form, naming all of it.
pub async fn prepare(pool: Pool, required: &[RequiredTable], at_start: AtStart<'_>) -> Result<Prepared, StartError> {
    let migrator = Migrator::new(&pool).await?;
    let own = migrator.own().clone();
    let mut tables = Catalogue::read_tables(&pool, &own).await?;
    let (schema, catalogue, has_own) = match detect_among(&migrator, &tables).await? {
        Found::Legacy => {
            // What may be there is not for this catalog: nobody has adopted it.
            tables.retain(|table| !own.is_ours(&table.name));
            (SchemaKind::Legacy, Catalogue::read_keys(&pool, migrator.own(), tables).await?, false)
        }
        Found::Empty(history) | Found::Ours(history) => {
            history.check(&migrator.migrations).map_err(StartError::Unfit)?;
            let is_current = match at_start {
                AtStart::Migrate(precaution) => {
                    migrator.apply_at_start(&history, precaution).await?;
                    true
                }
                AtStart::LeaveAsItIs => !warn_of_pending(&migrator, &history)?,
            };
            let schema = if history.is_adopted() { SchemaKind::Adopted } else { SchemaKind::Ours };
            (schema, Catalogue::read(&pool, &own).await?, is_current)
        }
    };
    let required: Vec<RequiredTable> = required.iter().filter(|table| has_own || !table.is_own).cloned().collect();
    match faults(&catalogue, &own, &required) {
        None => Ok(Prepared { pool, schema, catalogue, own }),
        Some(faults) if schema == SchemaKind::Legacy => Err(StartError::Unfit(format!(
            "the database looks like the legacy catalog, but {faults}. It can be served from revision 0026 on"
        ))),
        Some(faults) if !has_own => Err(StartError::Unfit(format!(
            "migrations are pending that --no-migrate keeps the start from applying, and {faults}: `partbook migrate up` applies them"
        ))),
        Some(faults) => Err(StartError::Unfit(format!(
            "the database has all of Partbook's migrations, but {faults}. Grant the role what it lacks; \
             where something else has changed the schema, restore a backup"
        ))),
    }
}

/// Warns of what is pending, and says whether anything is.
fn warn_of_pending(migrator: &Migrator, history: &History) -> Result<bool, StartError> {
    let pending = migrator.pending(history)?;
    if history.applied().next().is_none() {
        return Err(StartError::Unfit(
            "the database is empty, and --no-migrate keeps the start from setting it up: `partbook migrate up` does"
                .to_owned(),
        ));
    }
    if !pending.is_empty() {
        let versions: Vec<String> = pending.iter().map(|script| script.version.to_string()).collect();
        tracing::warn!(migrations = versions.join(", "), "migrations are pending; `partbook migrate up` applies them");
    }
    Ok(!pending.is_empty())
}
