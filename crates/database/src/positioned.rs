//! Rows of a query, and how far the server was that answered: a column of the same statement, and so no second one.
//!
//! It is evaluated after the statement's snapshot was taken, so that it covers whatever the rows show.

use std::sync::Arc;

use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use partbook_domain::Kind;
use sqlx::Postgres;

use crate::codec::{BindValue, RowValues};
use crate::error::Error;
use crate::fetch;
use crate::lease::Lease;
use crate::observe::DatabaseTarget;
use crate::pulse::{heard, heard_rows};
use crate::script::text_rows;
use crate::statement::Statement;

/// How far a primary is: what it has written down, whether or not that is on its disk. An error (55000) on a standby.
pub(crate) const OF_PRIMARY: &str =
    "(select concat_ws(' ', pg_walfile_name(place), place) from pg_current_wal_insert_lsn() place)";

/// How far a standby is: what it has replayed, and what it has received. A change is seen shortly before it counts as replayed,
/// and never before it is received. Null on a primary.
pub(crate) const OF_STANDBY: &str =
    "(select concat_ws(' ', pg_last_wal_replay_lsn(), pg_last_wal_receive_lsn()) where pg_is_in_recovery())";

/// What comes of a query: first where the server is, then the rows.
pub(crate) enum Item {
    Place(Option<String>),
    Row(RowValues),
}

pub(crate) type Items = BoxStream<'static, Result<Item, Error>>;

/// Runs a query over a connection, which it gives back. `statement` has the column `place` already.
pub(crate) fn positioned(
    mut lease: Lease<Postgres>,
    target: Arc<DatabaseTarget>,
    (statement, place): (Statement, &'static str),
    values: Vec<BindValue>,
    kinds: &[Kind],
    keep: bool,
) -> Items {
    let kinds = [&[Kind::Text], kinds].concat();
    async_stream::try_stream! {
        let mut is_told = false;
        {
            let (observer, watch) = (target.observe(&statement), lease.watch());
            let rows = fetch::postgres(&mut *lease, statement.sql.clone(), values, &kinds, keep);
            let mut rows = observer.rows(heard_rows(watch, rows));
            while let Some(mut row) = rows.try_next().await? {
                let place = row.remove(0);
                if !is_told {
                    is_told = true;
                    yield Item::Place(place.as_text().map(str::to_owned));
                }
                yield Item::Row(row);
            }
        }
        if !is_told {
            yield Item::Place(ask(&mut lease, place).await?);
        }
        lease.note_answered();
    }
    .boxed()
}

/// Asks for one value.
pub(crate) async fn ask(lease: &mut Lease<Postgres>, value: &str) -> Result<Option<String>, Error> {
    let rows = ask_row(lease, &format!("select {value}")).await?;
    Ok(rows.into_iter().next().flatten())
}

/// Asks for one row; an empty one where there is none.
pub(crate) async fn ask_row(lease: &mut Lease<Postgres>, query: &str) -> Result<Vec<Option<String>>, Error> {
    let watch = lease.watch();
    let asked = async { Ok::<_, sqlx::Error>(text_rows(&mut **lease, query).await) };
    Ok(heard(watch, asked).await??.into_iter().next().unwrap_or_default())
}
