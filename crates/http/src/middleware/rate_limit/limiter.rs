//! Counts requests against a rate: `governor`'s generic cell rate algorithm, of which one number is kept for each client.

use std::time::Duration;

use axum::http::HeaderValue;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};

use super::key::Key;
use super::rate::Rate;
use super::store::BoundedStore;

/// A limit, and what each client has used up.
pub(super) struct Limiter<C: Clock = MonotonicClock> {
    name: &'static str,
    rate: Rate,
    policy: HeaderValue,
    cells: RateLimiter<Key, BoundedStore, C, StateInformationMiddleware>,
}

/// How a client stands after a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// How many requests are left.
    pub(super) remaining: u32,
    /// After how many seconds all are, if none is made.
    pub(super) restored_after: u64,
    /// After how many seconds the next one is allowed, where this one was not.
    pub(super) retry_after: Option<u64>,
}

impl Limiter {
    pub(super) fn new(name: &'static str, rate: Rate) -> Self {
        Self::with_clock(name, rate, MonotonicClock)
    }
}

impl<C: Clock> Limiter<C> {
    fn with_clock(name: &'static str, rate: Rate, clock: C) -> Self {
        let every = rate.every.max(Duration::from_nanos(1));
        let quota = Quota::with_period(every).expect("a time that is not 0").allow_burst(rate.burst);
        let window = whole_seconds(rate.every * rate.burst.get());
        let policy = HeaderValue::from_str(&format!("\"{name}\";q={};w={window}", rate.burst)).expect("ASCII");
        Self { name, rate, policy, cells: RateLimiter::new(quota, BoundedStore::new(), clock) }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// `RateLimit-Policy`.
    pub(super) fn policy(&self) -> &HeaderValue {
        &self.policy
    }

    /// Counts one request.
    pub(super) fn count(&self, key: &Key) -> Standing {
        match self.cells.check_key(key) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = self.rate.burst.get().saturating_sub(remaining);
                Standing { remaining, restored_after: whole_seconds(self.rate.every * used), retry_after: None }
            }
            Err(refused) => {
                let wait = refused.wait_time_from(self.cells.clock().now());
                let restored_after = whole_seconds(wait + self.rate.every * (self.rate.burst.get() - 1));
                Standing { remaining: 0, restored_after, retry_after: Some(whole_seconds(wait)) }
            }
        }
    }
}

/// Rounded up, and at least one: who waits as long as is said has waited long enough.
fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::num::NonZeroU32;

    use governor::clock::FakeRelativeClock;

    use super::*;

    const CLIENT: Key = Key::V4(Ipv4Addr::LOCALHOST);

    fn limiter(per_second: u32, burst: u32) -> (Limiter<FakeRelativeClock>, FakeRelativeClock) {
        let rate = Rate { every: Duration::from_secs(1) / per_second, burst: NonZeroU32::new(burst).unwrap() };
        let clock = FakeRelativeClock::default();
        (Limiter::with_clock("requests", rate, clock.clone()), clock)
    }

    #[test]
    fn a_client_may_ask_at_once_and_then_by_the_rate() {
        let (limiter, clock) = limiter(2, 4);
        assert_eq!(limiter.policy(), "\"requests\";q=4;w=2");
        for (remaining, restored_after) in [(3, 1), (2, 1), (1, 2), (0, 2)] {
            assert_eq!(limiter.count(&CLIENT), Standing { remaining, restored_after, retry_after: None });
        }
        let refused = Standing { remaining: 0, restored_after: 2, retry_after: Some(1) };
        for _ in 0..100 {
            assert_eq!(limiter.count(&CLIENT), refused, "what is refused costs nothing more");
        }
        assert_eq!(limiter.count(&Key::Unix).remaining, 3, "another one is not concerned");
        clock.advance(Duration::from_millis(499));
        assert_eq!(limiter.count(&CLIENT).retry_after, Some(1));
        clock.advance(Duration::from_millis(1));
        assert_eq!(limiter.count(&CLIENT).retry_after, None);
        assert_eq!(limiter.count(&CLIENT).retry_after, Some(1));
        clock.advance(Duration::from_hours(1));
        assert_eq!(limiter.count(&CLIENT).remaining, 3);
    }

    #[test]
    fn a_million_addresses_take_up_what_a_few_do() {
        let (limiter, _clock) = limiter(1, 3);
        for _ in 0..3 {
            limiter.count(&CLIENT);
        }
        for number in 0..1_000_000_u32 {
            assert_eq!(limiter.count(&Key::V4(Ipv4Addr::from_bits(number))).retry_after, None);
        }
        assert!(limiter.count(&CLIENT).retry_after.is_some(), "who asked most is remembered");
        let store = limiter.cells.into_state_store();
        assert_eq!(store.entries(), 65_536);
        // What docs/access.md says.
        assert!(store.bytes() <= 1_700_000, "{}", store.bytes());
    }
}
