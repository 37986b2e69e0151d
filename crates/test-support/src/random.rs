//! Words that no other run of the tests uses.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

/// A word that no other run of the tests uses, for names and passwords.
pub fn random_word() -> String {
    format!("{:016x}", RandomState::new().hash_one(0))
}
