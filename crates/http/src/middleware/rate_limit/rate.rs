//! How often clients may ask, as it is set.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::extract::host::Reach;

/// What a client may ask for on a network where nothing else is said.
pub(super) const REQUESTS: Rate = Rate { every: Duration::from_millis(5), burst: NonZeroU32::new(2000).unwrap() };
pub(super) const WRITES: Rate = Rate { every: Duration::from_millis(20), burst: NonZeroU32::new(500).unwrap() };

/// One of how many requests may show credentials that are not accepted.
const FAILURE_SHARE: u32 = 20;

/// How often a client may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The time in which one more request is allowed.
    pub every: Duration,
    /// How many requests are allowed at once, after a pause.
    pub burst: NonZeroU32,
}

/// What an operator says about a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateLimit {
    /// Nothing: there is one where a network reaches the service.
    #[default]
    Unsaid,
    /// There is none.
    Off,
    /// This one.
    Rate(Rate),
}

/// The limits on requests of each client.
#[derive(Clone, Copy, Debug, Default)]
pub struct RateLimits {
    /// On those that read.
    pub requests: RateLimit,
    /// On those that change something.
    pub writes: RateLimit,
}

impl Rate {
    /// How often a client with this rate may show credentials that are not accepted: a twentieth.
    pub(super) fn of_failures(self) -> Self {
        let burst = NonZeroU32::new(self.burst.get() / FAILURE_SHARE).unwrap_or(NonZeroU32::MIN);
        Self { every: self.every * FAILURE_SHARE, burst }
    }
}

impl RateLimit {
    pub(super) fn at(self, reach: Reach, default: Rate) -> Option<Rate> {
        match self {
            Self::Unsaid => (reach == Reach::Network).then_some(default),
            Self::Off => None,
            Self::Rate(rate) => Some(rate),
        }
    }
}
