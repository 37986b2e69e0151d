//! Ids that are given already: a sequence that a restore or an import has left behind its table.

use partbook_database::{Statement, Violation};
use partbook_domain::{Entity, Kind};

use crate::context::Context;
use crate::error::Error;

/// How many ids are passed over at once.
const MAX_ADVANCE: i64 = 1_000_000;

/// Advances the sequence of an entity's ids past those that are given, when a violation says that it is behind.
pub(crate) async fn advance_ids(context: &Context, entity: &Entity, violation: &Violation) -> Result<(), Error> {
    let table = entity.name;
    if !context.keys(entity).is_id(violation) {
        return Ok(());
    }
    if let Some(sql) = context.dialect.advance_sequence(table, MAX_ADVANCE) {
        let statement = Statement::select(table, sql);
        context.database.rows(&statement, Vec::new(), &[Kind::Int]).await?;
        tracing::warn!(table, column = "id", "sequence was behind its table; it has been advanced");
    }
    Ok(())
}
