//! Makes a database ready to serve. Nothing is changed before the database is known to be ours or empty.

use partbook_database::catalogue::{Catalogue, RequiredTable};
use partbook_database::{Pool, Prepared, SchemaKind, StartError};

use crate::apply::apply_at_start;
use crate::detect::{Found, detect_among};
use crate::fitness::faults;
use crate::history::History;

/// Makes a database ready to serve: sets up an empty one, brings ours up to date, leaves a legacy one as it is.
/// `required` is every table, column and key that the statements rely on.
///
/// # Errors
/// [`StartError::Unfit`] for a database of another program, one that is newer than this program, and one that lacks
/// something required or has it in another form, naming all of it.
pub async fn prepare(pool: Pool, required: &[RequiredTable]) -> Result<Prepared, StartError> {
    let before = Catalogue::read_tables(&pool).await?;
    let (schema, catalogue) = match detect_among(&pool, &before).await? {
        Found::Legacy => (SchemaKind::Legacy, Catalogue::read_keys(&pool, before).await?),
        found @ (Found::Empty | Found::Ours(_)) => {
            let history = if let Found::Ours(history) = found { history } else { History::empty(&pool) };
            for migration in apply_at_start(&pool, history).await? {
                tracing::info!(version = migration.version, name = %migration.name, "migration applied");
            }
            (SchemaKind::Ours, Catalogue::read(&pool).await?)
        }
    };
    match faults(&catalogue, required) {
        None => Ok(Prepared { pool, schema, catalogue }),
        Some(faults) if schema == SchemaKind::Legacy => Err(StartError::Unfit(format!(
            "the database looks like the legacy catalog, but {faults}. It can be served from revision 0026 on"
        ))),
        Some(faults) => Err(StartError::Unfit(format!(
            "the database has all of Partbook's migrations, but {faults}. Something else has changed it: restore a backup"
        ))),
    }
}
