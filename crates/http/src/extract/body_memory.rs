//! Bounds what the bodies of requests take up in memory: each waits for its room before it is read, and for room for its
//! values before they are made, and keeps both until its request is done.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::limits::MAX_BODY_SIZE;
use crate::metrics::Occupancy;

/// The longest body that has its room beside the long ones, bytes: those of almost all requests.
const MAX_SHORT_BODY: usize = 64 * 1024;

/// Room is counted in units of this many bytes.
const UNIT: usize = 1024;

/// What a value takes up when it is read, beside its text, bytes: more than any small one does.
const VALUE_SIZE: usize = 256;

/// How many values are as good as none: those of almost all bodies.
const FEW_VALUES: usize = 200;

/// How long a body waits for its room.
const ROOM_TIMEOUT: Duration = Duration::from_secs(5);

/// How long every body may take to arrive, and how much more for its length, bytes a second. Then it makes room if others
/// wait.
const GRACE: Duration = Duration::from_secs(1);
const MIN_RATE: u32 = 512 * 1024;

/// The room for bodies.
#[derive(Debug)]
pub(crate) struct BodyMemory {
    short: Lane,
    long: Lane,
    room_timeout: Duration,
    grace: Duration,
}

/// The room for short bodies, or for long ones.
#[derive(Debug)]
struct Lane {
    units: usize,
    room: Arc<Semaphore>,
    /// The room for what the bodies are read to: as much again.
    values: Arc<Semaphore>,
    /// How many bodies wait for room.
    waiting: watch::Sender<usize>,
}

/// The room of one body.
#[derive(Debug)]
pub(crate) struct Room {
    /// How long the body may take to arrive while others wait.
    patience: Duration,
    others: watch::Receiver<usize>,
    _permit: OwnedSemaphorePermit,
}

impl BodyMemory {
    /// A quarter is for short bodies. One of the greatest length always fits.
    pub(crate) fn new(bytes: u64) -> Self {
        let units = usize::try_from(bytes).unwrap_or(usize::MAX) / UNIT;
        let short = (units / 4).max(MAX_SHORT_BODY / UNIT);
        let long = (units - units / 4).max(MAX_BODY_SIZE / UNIT);
        Self { short: Lane::new(short), long: Lane::new(long), room_timeout: ROOM_TIMEOUT, grace: GRACE }
    }

    /// How much room is taken.
    pub(crate) fn occupancy(&self) -> Occupancy {
        let taken = |lane: &Lane| lane.units.saturating_sub(lane.room.available_permits());
        let bytes = |of: &dyn Fn(&Lane) -> usize| ((of(&self.short) + of(&self.long)) * UNIT) as u64;
        Occupancy { taken: bytes(&taken), max: bytes(&|lane| lane.units) }
    }

    /// Waits for room for a body of this length; none if there is none in time.
    pub(crate) async fn room(&self, length: usize) -> Option<Room> {
        let lane = self.lane(length);
        let units = u32::try_from(length.div_ceil(UNIT).max(1)).ok()?;
        let patience = self.grace + Duration::from_secs(1) * u32::try_from(length).ok()? / MIN_RATE;
        let room = |permit| Room { patience, others: lane.waiting.subscribe(), _permit: permit };
        if let Ok(permit) = lane.room.clone().try_acquire_many_owned(units) {
            return Some(room(permit));
        }
        let _waiting = Waiting::begin(&lane.waiting);
        let permit = timeout(self.room_timeout, lane.room.clone().acquire_many_owned(units)).await;
        Some(room(permit.ok()?.ok()?))
    }

    /// Waits for room for the values of a body that has arrived; none if there is none in time. Nobody who has it waits for
    /// other room, and as many as a body may have always fit, alone.
    pub(crate) async fn values(&self, length: usize, values: usize) -> Option<OwnedSemaphorePermit> {
        let lane = self.lane(length);
        let units = (values.saturating_sub(FEW_VALUES) * VALUE_SIZE).div_ceil(UNIT).min(lane.units);
        let permit = lane.values.clone().acquire_many_owned(u32::try_from(units).ok()?);
        timeout(self.room_timeout, permit).await.ok()?.ok()
    }

    fn lane(&self, length: usize) -> &Lane {
        if length <= MAX_SHORT_BODY { &self.short } else { &self.long }
    }
}

impl Lane {
    fn new(units: usize) -> Self {
        let units = units.min(Semaphore::MAX_PERMITS);
        let semaphore = || Arc::new(Semaphore::new(units));
        Self { units, room: semaphore(), values: semaphore(), waiting: watch::Sender::new(0) }
    }
}

impl Room {
    /// Waits until the body has had its time to arrive and others wait for its room.
    pub(crate) async fn is_wanted(&mut self) {
        sleep(self.patience).await;
        if self.others.wait_for(|waiting| *waiting > 0).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// A body that waits, until it is dropped.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_modify(|waiting| *waiting += 1);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_BODY_VALUES;

    const SHORT_WAIT: Duration = Duration::from_millis(20);

    fn memory(mebibytes: u64) -> BodyMemory {
        BodyMemory { room_timeout: SHORT_WAIT, ..BodyMemory::new(mebibytes << 20) }
    }

    #[tokio::test]
    async fn as_many_bodies_have_room_as_fit() {
        let memory = memory(8);
        let mut rooms = Vec::new();
        for _ in 0..6 {
            rooms.push(memory.room(MAX_BODY_SIZE).await.expect("room for six"));
        }
        assert!(memory.room(MAX_SHORT_BODY + 1).await.is_none(), "one more waits, and its wait has an end");
        for _ in 0..32 {
            rooms.push(memory.room(MAX_SHORT_BODY).await.expect("short ones have room of their own"));
        }
        assert!(memory.room(1).await.is_none());
        assert_eq!(memory.occupancy().taken, 8 << 20);
        rooms.clear();
        assert_eq!(memory.occupancy().taken, 0);
        assert!(memory.room(MAX_BODY_SIZE).await.is_some());
    }

    #[tokio::test]
    async fn the_longest_body_fits_into_the_least_room() {
        let memory = memory(1);
        let room = memory.room(MAX_BODY_SIZE).await;
        assert!(room.is_some() && memory.room(MAX_BODY_SIZE).await.is_none());
    }

    #[tokio::test]
    async fn values_have_room_of_their_own() {
        let memory = memory(4);
        let long = async |values| memory.values(MAX_SHORT_BODY + 1, values).await;
        // More than there is room for is as much as there is.
        let most = long(MAX_BODY_VALUES).await.expect("room");
        assert!(long(FEW_VALUES + 1).await.is_none(), "one more waits, and its wait has an end");
        assert!(long(FEW_VALUES).await.is_some(), "few need no room");
        assert!(memory.room(MAX_BODY_SIZE).await.is_some(), "nor does what is not read yet");
        let short = memory.values(MAX_SHORT_BODY, MAX_BODY_VALUES).await;
        assert!(short.is_some(), "those of short bodies have room of their own");
        drop(most);
        let third = FEW_VALUES + (1 << 20) / VALUE_SIZE;
        let three = [long(third).await, long(third).await, long(third).await];
        assert!(three.iter().all(Option::is_some));
        assert!(long(FEW_VALUES + 1).await.is_none());
    }

    #[tokio::test]
    async fn a_slow_body_makes_room_when_others_wait() {
        let memory = BodyMemory { grace: Duration::ZERO, room_timeout: ROOM_TIMEOUT, ..BodyMemory::new(1 << 20) };
        let mut slow = memory.room(MAX_SHORT_BODY + 1).await.expect("room");
        assert!(timeout(4 * SHORT_WAIT, slow.is_wanted()).await.is_err(), "nobody wants it");
        let gives_way = async {
            slow.is_wanted().await;
            drop(slow);
        };
        let (next, ()) = tokio::join!(memory.room(MAX_BODY_SIZE), gives_way);
        assert!(next.is_some());
    }
}
