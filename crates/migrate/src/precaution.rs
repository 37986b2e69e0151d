//! What is done before anything may be lost.

use std::pin::Pin;

use partbook_database::StartError;

/// What is done before the first script is executed on a database that has rows, by whoever holds the lock: a backup.
pub trait Precaution: Sync {
    /// Takes it, and says why it could not be taken: nothing is executed then. The reason says which way the migrations go.
    fn take<'a>(&'a self, reason: &'a str) -> Pin<Box<dyn Future<Output = Result<(), StartError>> + Send + 'a>>;
}

/// None, on purpose.
#[derive(Clone, Copy, Debug)]
pub struct NoPrecaution;

impl Precaution for NoPrecaution {
    fn take<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = Result<(), StartError>> + Send + 'a>> {
        Box::pin(async { Ok(()) })
    }
}
