//! The limits on clients: sizes that the serving code and the API document share, and timeouts for clients that are too
//! slow.

use std::time::Duration;

/// The greatest body, bytes (contract section 6).
pub(crate) const MAX_BODY_SIZE: usize = 1024 * 1024;
/// How many values a body may have: members of objects and items of arrays. A row with as many as its documents may have can
/// be sent back as it was shown, each of them under two names.
pub(crate) const MAX_BODY_VALUES: usize = 50_000;
/// How long a client may take to send its body.
pub(crate) const BODY_READ_TIMEOUT: Duration = Duration::from_secs(20);

/// How much of an unread body is drained, bytes.
pub(crate) const MAX_DRAINED_SIZE: usize = 64 * 1024 * 1024;
/// How long an unread body is drained.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest `Idempotency-Key`, characters.
pub(crate) const MAX_KEY_LENGTH: usize = 255;
/// The longest `X-Request-ID` that is accepted, characters (contract section 8).
pub(crate) const MAX_REQUEST_ID_LENGTH: usize = 128;

/// The number of rows on a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSize {
    /// Without `limit`.
    pub(crate) default: u32,
    /// The greatest `limit`.
    pub(crate) max: u32,
}

/// The listings that use a row (contract section 3).
pub(crate) const LISTINGS_PAGE: PageSize = PageSize { default: 50, max: 100 };
/// The records of an entity (contract section 5).
pub(crate) const RECORDS_PAGE: PageSize = PageSize { default: 50, max: 200 };
