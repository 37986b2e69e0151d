//! Whether one server may be read from, and how that is found out.

use crate::error::Error;
use crate::lease::Lease;
use crate::position::{Position, lsn};
use crate::positioned::ask_row;
use sqlx::Postgres;

/// What makes two servers copies of one: the cluster, the database in it, and the schema that is used.
pub(super) const IDENTITY: &str = "concat_ws(' ', (select system_identifier from pg_control_system()), \
     (select oid from pg_database where datname = current_database()), current_schema())";

/// How far a standby is, which is null on a primary; a timeline that its changes surely belong to; and whose copy it is.
///
/// The receiver knows the timeline at once, and tells it to roles with `pg_read_all_stats`. The control file has it from the next
/// checkpoint on.
const STANDING: &str = "select \
     (select concat_ws(' ', pg_last_wal_replay_lsn(), pg_last_wal_receive_lsn()) where pg_is_in_recovery()), \
     greatest((select received_tli from pg_stat_wal_receiver), (select timeline_id from pg_control_checkpoint()), \
         (select min_recovery_end_timeline from pg_control_recovery()))";

/// Whether a server may be read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplicaState {
    /// It is read from.
    InUse,
    /// It is too far behind, or nobody knows how far the primary is.
    Behind,
    /// It does not answer, or refuses to.
    #[default]
    Away,
    /// It follows no other server: a primary, which is not read from as a replica.
    Primary,
    /// It does not stream, so that nobody knows what it shows.
    NotStreaming,
    /// It is on another timeline than the primary, or its role may not know on which.
    OtherTimeline,
    /// It is a copy of something else.
    OtherDatabase,
}

impl ReplicaState {
    /// In words, for the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InUse => "in use",
            Self::Behind => "too far behind",
            Self::Away => "does not answer",
            Self::Primary => "not a standby",
            Self::NotStreaming => "a standby that does not stream",
            Self::OtherTimeline => "not known to be on the primary's timeline",
            Self::OtherDatabase => "a copy of another database",
        }
    }
}

/// How far a standby is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// What it has replayed, and shows.
    pub(super) replayed: u64,
    /// What it has received, and may show in a moment.
    pub(super) received: u64,
}

impl Place {
    /// Reads what [`OF_STANDBY`](crate::positioned::OF_STANDBY) says.
    pub(super) fn read(text: Option<&str>) -> Result<Self, ReplicaState> {
        let text = text.ok_or(ReplicaState::Primary)?;
        let (replayed, received) = text.split_once(' ').ok_or(ReplicaState::NotStreaming)?;
        let place = lsn(replayed).zip(lsn(received)).ok_or(ReplicaState::NotStreaming)?;
        // What it replays comes from elsewhere than from the stream, and what is replayed next is not known.
        if place.1 < place.0 {
            Err(ReplicaState::NotStreaming)
        } else {
            Ok(Self { replayed: place.0, received: place.1 })
        }
    }
}

/// What a standby said of itself.
pub(super) struct Standing {
    pub(super) place: Place,
    timeline: u32,
    identity: String,
}

impl Standing {
    /// Asks a server.
    pub(super) async fn ask(lease: &mut Lease<Postgres>) -> Result<Result<Self, ReplicaState>, Error> {
        let row = ask_row(lease, &format!("{STANDING}, {IDENTITY}")).await?;
        let value = |index: usize| row.get(index).and_then(Option::as_deref);
        Ok(Place::read(value(0)).map(|place| Self {
            place,
            timeline: value(1).and_then(|timeline| timeline.parse().ok()).unwrap_or_default(),
            identity: value(2).unwrap_or_default().to_owned(),
        }))
    }

    /// How far it has replayed, where it is a copy of this primary.
    pub(super) fn of_copy(&self, identity: Option<&str>, timeline: Option<u32>) -> Result<Position, ReplicaState> {
        match (identity, timeline) {
            (Some(identity), _) if identity != self.identity => Err(ReplicaState::OtherDatabase),
            (Some(_), Some(timeline)) if timeline == self.timeline => {
                Ok(Position { timeline, lsn: self.place.replayed })
            }
            (Some(_), Some(_)) => Err(ReplicaState::OtherTimeline),
            _ => Err(ReplicaState::Behind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_from_where_it_streams_from_this_primary() {
        let place = Place { replayed: 0x10, received: 0x20 };
        assert_eq!(Place::read(Some("0/10 0/20")), Ok(place));
        for (text, state) in [
            (None, ReplicaState::Primary),
            (Some("0/10"), ReplicaState::NotStreaming),
            (Some("0/20 0/10"), ReplicaState::NotStreaming),
        ] {
            assert_eq!(Place::read(text), Err(state), "{text:?}");
        }
        let standing = Standing { place, timeline: 2, identity: "1 5 public".to_owned() };
        for (identity, timeline, state) in [
            (Some("1 5 public"), Some(2), Ok(Position { timeline: 2, lsn: 0x10 })),
            (Some("1 5 public"), Some(3), Err(ReplicaState::OtherTimeline)),
            (Some("1 6 public"), Some(2), Err(ReplicaState::OtherDatabase)),
            (Some("1 5 public"), None, Err(ReplicaState::Behind)),
            (None, None, Err(ReplicaState::Behind)),
        ] {
            assert_eq!(standing.of_copy(identity, timeline), state, "{identity:?} {timeline:?}");
        }
    }
}
