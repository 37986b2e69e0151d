//! What a connection to a standby was told last. A standby only goes on, so that it holds for as long as the connection.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::position::Position;

/// How far the standby at the other end was at least.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    timeline: AtomicU32,
    lsn: AtomicU64,
}

impl Heard {
    /// None before it was told.
    pub(crate) fn get(&self) -> Option<Position> {
        let timeline = self.timeline.load(Ordering::Acquire);
        (timeline > 0).then(|| Position { timeline, lsn: self.lsn.load(Ordering::Acquire) })
    }

    pub(crate) fn set(&self, Position { timeline, lsn }: Position) {
        self.lsn.store(lsn, Ordering::Release);
        self.timeline.store(timeline, Ordering::Release);
    }
}
