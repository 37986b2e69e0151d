//! The limit on what is stored for idempotency keys in all.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::statements::stored_responses::OVERHEAD;

/// Which part of the limit may be stored by one process before it looks whether all of them have gone over.
const UNCHECKED_PART: u64 = 16;

/// The limit on what is stored in all, and what this process has stored since it last looked.
#[derive(Debug)]
pub(crate) struct StorageLimit {
    pub(super) max: u64,
    unchecked: AtomicU64,
    is_checking: AtomicBool,
}

impl StorageLimit {
    pub(crate) fn new(max: u64) -> Self {
        Self { max, unchecked: AtomicU64::new(0), is_checking: AtomicBool::new(false) }
    }

    /// Whether so much has been stored that it is time to look, which nobody does yet.
    pub(super) fn is_due(&self, body: usize) -> bool {
        let added = OVERHEAD + body as u64;
        let unchecked = self.unchecked.fetch_add(added, Ordering::Relaxed) + added;
        let is_due = unchecked > self.max / UNCHECKED_PART && !self.is_checking.swap(true, Ordering::Relaxed);
        if is_due {
            // What is stored from now on may be missed by the look, and counts for the next one.
            self.unchecked.store(0, Ordering::Relaxed);
        }
        is_due
    }

    pub(super) fn checked(&self) {
        self.is_checking.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_during_a_look_counts_for_the_next() {
        let limit = StorageLimit::new(UNCHECKED_PART * 10_000);
        assert!(!limit.is_due(5_000) && limit.is_due(5_000));
        assert!(!limit.is_due(9_000), "somebody looks");
        limit.checked();
        assert!(limit.is_due(1_000));
    }
}
