//! What is remembered of clients, in a bounded room that is taken up at once.
//!
//! A key has its place in one of many small sets, by its hash. In a full set the one gives way that has the most requests left:
//! for who has all of them left nothing need be remembered. So who asks from ever new addresses makes room of their own, and
//! not of those who have used up what they may.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;

use super::key::Key;

/// How many sets there are.
const SETS: usize = 8192;

/// How many keys a set has.
const SET_SIZE: usize = 8;

/// A key, and when it has all of its requests left again.
type Entry = Option<(Key, u64)>;

type Set = Mutex<[Entry; SET_SIZE]>;

pub(super) struct BoundedStore {
    sets: Box<[Set]>,
    /// With a seed of its own, so that nobody can choose addresses that meet.
    hasher: RandomState,
}

impl BoundedStore {
    pub(super) fn new() -> Self {
        let sets = (0..SETS).map(|_| Mutex::new([None; SET_SIZE])).collect();
        Self { sets, hasher: RandomState::new() }
    }

    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.sets.iter().map(|set| set.lock().unwrap().iter().flatten().count()).sum()
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.sets)
    }
}

impl StateStore for BoundedStore {
    type Key = Key;

    fn measure_and_replace<T, F, E>(&self, key: &Key, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        #[expect(clippy::cast_possible_truncation, reason = "a part of a hash is a hash")]
        let place = self.hasher.hash_one(key) as usize % SETS;
        let mut set = self.sets[place].lock().unwrap_or_else(PoisonError::into_inner);
        let known = set.iter().position(|entry| entry.is_some_and(|(other, _)| other == *key));
        let (outcome, restored) = measure(known.and_then(|at| set[at]).map(|(_, restored)| restored.into()))?;
        let at = known.or_else(|| set.iter().position(Option::is_none)).unwrap_or_else(|| {
            let restored = |at: &usize| set[*at].map_or(0, |(_, restored)| restored);
            (0..SET_SIZE).min_by_key(restored).unwrap_or_default()
        });
        set[at] = Some((*key, restored.into()));
        Ok(outcome)
    }
}
