//! `partbook openapi`: the document that the service serves at `/openapi.json`, for generators and reviews.

use super::output::{Failure, print};

/// Prints the document.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn run() -> Result<(), Failure> {
    print(&partbook_http::openapi())
}
