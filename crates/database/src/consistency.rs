//! What a client has seen and written, so that it is not shown anything older.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::position::Position;

/// What a client was shown over one connection. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Option<Position>>>);

/// What one request must see at least, and what it has seen so far.
#[derive(Debug)]
pub struct Consistency {
    asked: Option<Position>,
    memory: Option<Memory>,
    seen: Memory,
    /// The requests that it stands for; none where it is one itself.
    requests: Vec<Arc<Consistency>>,
}

impl Memory {
    fn get(&self) -> Option<Position> {
        *self.lock()
    }

    fn note(&self, position: Position) {
        let mut last = self.lock();
        *last = last.max(Some(position));
    }

    fn lock(&self) -> MutexGuard<'_, Option<Position>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Consistency {
    /// A request that asks for a position, and comes over a connection that has seen something.
    #[must_use]
    pub fn new(asked: Option<Position>, memory: Option<Memory>) -> Self {
        Self { asked, memory, seen: Memory::default(), requests: Vec::new() }
    }

    /// Requests that are answered together: each sees what any of them must see.
    #[must_use]
    pub(crate) fn of_all(requests: Vec<Arc<Self>>) -> Self {
        let asked = requests.iter().filter_map(|request| request.floor()).max();
        Self { requests, ..Self::new(asked, None) }
    }

    /// What the request has seen or written by now; none before it has.
    #[must_use]
    pub fn seen(&self) -> Option<Position> {
        self.seen.get()
    }

    /// What must be seen at least. What the request has seen itself counts: a list is read in pieces.
    pub(crate) fn floor(&self) -> Option<Position> {
        let memory = self.memory.as_ref().and_then(Memory::get);
        self.asked.max(memory).max(self.seen.get())
    }

    /// Notes what was seen or written.
    pub(crate) fn note(&self, position: Position) {
        self.seen.note(position);
        if let Some(memory) = &self.memory {
            memory.note(position);
        }
        for request in &self.requests {
            request.note(position);
        }
    }
}
