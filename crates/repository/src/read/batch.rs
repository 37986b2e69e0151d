//! Rows by id that are asked for at once: one statement reads them all.
//!
//! It is sent after each of them was asked for, so that nobody sees less than a statement of its own would show.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::FutureExt as _;
use partbook_database::{Consistency, ids};
use partbook_domain::{Entity, Row};

use crate::context::Context;
use crate::error::Error;
use crate::gathering::{MAX_ROWS_SIZE, Turn};

/// What is asked for: the row of an id, and for whom, where it is noted what they see.
type Asked = (&'static Entity, i64, Option<Arc<Consistency>>);

/// The row, if there is one.
type Found = Result<Option<Row>, Error>;

/// Reads the row of an id with others that are asked for at once.
pub(super) async fn read_together(
    context: &Arc<Context>,
    entity: &'static Entity,
    id: i64,
) -> Turn<Context, Asked, Found> {
    let asked = (entity, id, context.database.consistency().cloned());
    context.reads(entity).join(context, asked, |context, asked| read(context, asked).boxed()).await
}

async fn read(context: Arc<Context>, asked: Vec<Asked>) -> Vec<Option<Found>> {
    let Some(&(entity, ..)) = asked.first() else { return Vec::new() };
    let statements = context.statements(entity);
    let unique: BTreeSet<i64> = asked.iter().map(|(_, id, _)| *id).collect();
    let values = vec![ids(&unique)];
    let context = context.within_all(asked.iter().filter_map(|(.., request)| request.clone()).collect());
    match context.database.rows_up_to(MAX_ROWS_SIZE, &statements.get_many, values, statements.kinds).await {
        Ok((rows, is_whole)) => {
            let rows = statements.rows_by_id(rows);
            let mut left = MAX_ROWS_SIZE;
            let find = |(_, id, _): Asked| match rows.get(&id) {
                // Large rows are for few at a time: as many as there are connections.
                Some(row) if left > 0 => {
                    left = left.saturating_sub(row.text_length());
                    Some(Ok(Some(row.clone())))
                }
                Some(_) => None,
                None => is_whole.then_some(Ok(None)),
            };
            let found: Vec<_> = asked.into_iter().map(find).collect();
            if found.iter().any(Option::is_none) {
                context.reads(entity).keep_apart();
            }
            found
        }
        // Nobody is to wait twice for a database that is away. Of what it reports itself, who asks alone hears what is theirs.
        Err(error) => asked.iter().map(|_| Some(Err(error.repeated()?.into()))).collect(),
    }
}
