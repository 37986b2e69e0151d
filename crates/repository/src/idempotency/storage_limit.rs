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
        unchecked > self.max / UNCHECKED_PART && !self.is_checking.swap(true, Ordering::Relaxed)
    }

    pub(super) fn checked(&self) {
        self.unchecked.store(0, Ordering::Relaxed);
        self.is_checking.store(false, Ordering::Relaxed);
    }
}
