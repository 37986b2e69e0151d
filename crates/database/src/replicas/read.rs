//! One read over a replica, or the reason why the primary answers it.

use futures_util::stream::TryStreamExt as _;
use metrics::counter;
use partbook_domain::Kind;

use super::replica::Replica;
use super::standing::{Place, ReplicaState, Standing};
use super::{Replicas, lease};
use crate::codec::{BindValue, RowValues, size_of_row};
use crate::consistency::Consistency;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::position::Position;
use crate::positioned::{Item, Items, OF_STANDBY, positioned};
use crate::statement::Statement;

/// How much is read before any of it is passed on, bytes: until then the primary can still answer instead.
const HELD_BACK: usize = 512 * 1024;

/// What a replica answers.
pub(crate) struct Answer {
    /// What was read before it was taken for an answer.
    pub(crate) rows: Vec<RowValues>,
    /// What follows, where that is not all.
    pub(crate) rest: Option<Items>,
}

/// Why a replica does not answer.
enum Passed {
    /// It is not far enough.
    Behind,
    /// It is no replica any more.
    Is(ReplicaState),
    /// It failed.
    Failed(Error),
}

impl From<Error> for Passed {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Replicas {
    /// What a replica answers that is at least as new as what the request has to see; none where none does.
    pub(crate) async fn answer(
        &self,
        statement: &Statement,
        values: &[BindValue],
        kinds: &[Kind],
        consistency: &Consistency,
    ) -> Option<Answer> {
        let floor = consistency.floor();
        let mut reason = if floor.is_some() { "behind" } else { "none" };
        for replica in self.candidates(floor) {
            match self.read(replica, statement, values, kinds, floor).await {
                Ok((answer, position)) => {
                    consistency.note(position);
                    counter!("partbook_pg_reads_total", "server" => replica.name.clone()).increment(1);
                    return Some(answer);
                }
                Err(Passed::Behind) => reason = "behind",
                Err(Passed::Is(state)) => {
                    replica.note(state, None);
                    reason = "failed";
                }
                Err(Passed::Failed(error)) => {
                    if error.is_of_connection() {
                        replica.note(ReplicaState::Away, Some(&partbook_telemetry::error_chain(&error)));
                    }
                    tracing::debug!(
                        server = replica.name,
                        error = partbook_telemetry::error_chain(&error),
                        "read passed on"
                    );
                    reason = "failed";
                }
            }
        }
        counter!("partbook_pg_reads_total", "server" => "primary").increment(1);
        counter!("partbook_pg_reads_passed_on_total", "reason" => reason).increment(1);
        None
    }

    async fn read(
        &self,
        replica: &Replica,
        statement: &Statement,
        values: &[BindValue],
        kinds: &[Kind],
        floor: Option<Position>,
    ) -> Result<(Answer, Position), Passed> {
        let pool = replica.pool().ok_or(Passed::Behind)?;
        let with_place = statement.with_first_column(OF_STANDBY).ok_or(Passed::Behind)?;
        let keep = pool.has_statement_cache();
        let mut lease = lease(&pool).await?;
        if !keep {
            // Behind a pooler the next transaction may meet another server.
            let begin = Dialect::Postgres.begin();
            pool.target().observe(&begin).run(lease.begin(begin.sql.clone(), None)).await?;
        }
        let heard = lease.heard().and_then(|heard| heard.get()).filter(|heard| keep && self.suffices(*heard, floor));
        let timeline = if let Some(heard) = heard {
            heard.timeline
        } else {
            let standing = Standing::ask(&mut lease).await?.map_err(Passed::Is)?;
            let position = self.judge(&standing, &lease).map_err(Passed::Is)?;
            replica.note_replayed(position.lsn);
            if !self.suffices(position, floor) {
                return Err(Passed::Behind);
            }
            position.timeline
        };
        let noted = lease.heard();
        let target = pool.target().clone();
        let mut items = positioned(lease, target, (with_place, OF_STANDBY), values.to_vec(), kinds, keep);
        let Some(Item::Place(place)) = items.try_next().await? else { return Err(Error::no_row().into()) };
        let Place { replayed, received } = Place::read(place.as_deref()).map_err(Passed::Is)?;
        if let Some(heard) = noted {
            heard.set(Position { timeline, lsn: replayed });
        }
        let (mut rows, mut size) = (Vec::new(), 0);
        let rest = loop {
            if size >= HELD_BACK {
                break Some(items);
            }
            match items.try_next().await? {
                Some(Item::Row(row)) => {
                    size += size_of_row(&row);
                    rows.push(row);
                }
                Some(Item::Place(_)) => {}
                None => break None,
            }
        };
        Ok((Answer { rows, rest }, Position { timeline, lsn: received }))
    }

    /// Whether a standby that is so far is young enough, and has what has to be seen.
    fn suffices(&self, position: Position, floor: Option<Position>) -> bool {
        let is_of_primary = self.known().samples.timeline() == Some(position.timeline);
        is_of_primary && floor.is_none_or(|floor| position >= floor) && self.is_fresh(position.lsn)
    }
}
