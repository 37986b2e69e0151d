//! `partbook openapi`: the document that the service serves at `/openapi.json`, for generators and reviews.

use std::io::{ErrorKind, Write, stdout};

use super::Failure;

/// Prints the document.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn run() -> Result<(), Failure> {
    print(&partbook_http::openapi())
}

/// Writes to standard output. A reader that has seen enough, such as `head`, is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Run(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
