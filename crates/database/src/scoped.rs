//! Queries of one request: over a replica or the primary, and with a note of what they saw.

use std::time::Instant;

use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use partbook_domain::Kind;

use crate::codec::BindValue;
use crate::connections::Which;
use crate::database::{Database, RowStream, Scope};
use crate::error::Error;
use crate::lease::Lease;
use crate::pool::AnyPool;
use crate::position::Position;
use crate::positioned::{Item, Items, OF_PRIMARY, positioned};
use crate::retry::Retries;
use crate::statement::Statement;

impl Database {
    /// Sends a query and yields its rows as they arrive, from a replica where one may answer.
    pub(crate) fn send_within<'a>(
        &'a self,
        scope: &'a Scope,
        statement: Statement,
        values: Vec<BindValue>,
        kinds: &'a [Kind],
    ) -> RowStream<'a> {
        async_stream::try_stream! {
            let replicas = self.replicas().filter(|_| scope.reads_replicas);
            let answer = match replicas {
                Some(replicas) => replicas.answer(&statement, &values, kinds, &scope.consistency).await,
                None => None,
            };
            let mut items = if let Some(answer) = answer {
                for row in answer.rows {
                    yield row;
                }
                answer.rest
            } else {
                let (position, items) = self.begin_on_primary(statement, values, kinds).await?;
                scope.consistency.note(position);
                Some(items)
            };
            while let Some(rest) = &mut items {
                match rest.try_next().await? {
                    Some(Item::Row(row)) => yield row,
                    Some(Item::Place(_)) => {}
                    None => items = None,
                }
            }
        }
        .boxed()
    }

    /// Where the primary is, and the rows that it answers; asked once more where the connection was lost before the first, or leads
    /// to a server that has become a standby.
    async fn begin_on_primary(
        &self,
        statement: Statement,
        values: Vec<BindValue>,
        kinds: &[Kind],
    ) -> Result<(Position, Items), Error> {
        let (mut retries, mut which) = (Retries::of_read(), Which::Any);
        // What is no query sees nothing that it answers.
        let with_place = statement.with_first_column(OF_PRIMARY).ok_or_else(Error::no_row)?;
        loop {
            match self.begin_over_primary(which, with_place.clone(), values.clone(), kinds).await {
                Err(error) if error.is_of_standby() => {
                    self.pool().replace_connections("standby");
                    if which == Which::Writable {
                        return Err(error);
                    }
                    which = Which::Writable;
                }
                Err(error) if retries.allow(&error) => {}
                begun => return begun,
            }
        }
    }

    async fn begin_over_primary(
        &self,
        which: Which,
        statement: Statement,
        values: Vec<BindValue>,
        kinds: &[Kind],
    ) -> Result<(Position, Items), Error> {
        let AnyPool::Postgres(pool) = self.pool().any() else { return Err(Error::no_row()) };
        let (keep, since, target) = (self.pool().has_statement_cache(), Instant::now(), self.pool().target());
        let lease = if keep {
            Lease::take(pool, which, target, since).await?
        } else {
            self.begin_on(pool, which, since, None).await?
        };
        let mut items = positioned(lease, target.clone(), (statement, OF_PRIMARY), values, kinds, keep);
        let Some(Item::Place(place)) = items.try_next().await? else { return Err(Error::no_row()) };
        let position = place.as_deref().and_then(Position::of_primary).unwrap_or(Position::UNKNOWN);
        Ok((position, items))
    }
}
