//! What a connection is doing: whether a request runs, whether the headers of one are arriving, since when it rests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long connections may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionTimeouts {
    /// From the first byte of a request to the last one of its headers.
    pub(crate) headers: Duration,
    /// Between two requests, and before the first.
    pub(crate) idle: Duration,
    /// For a client to take something of an answer that waits for it.
    pub(crate) answer: Duration,
}

/// What one connection is doing.
pub(super) struct Activity {
    state: Mutex<State>,
    timeouts: ConnectionTimeouts,
    room_wanted: Notify,
    is_leaving: AtomicBool,
}

struct State {
    /// Requests whose body or answer is not over.
    in_flight: usize,
    has_requested: bool,
    idle_since: Instant,
    headers_since: Option<Instant>,
    /// Whether the client does not take what is written.
    is_write_blocked: bool,
}

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    Headers,
    Idle,
}

impl Activity {
    pub(super) fn new(timeouts: ConnectionTimeouts) -> Self {
        let state = State {
            in_flight: 0,
            has_requested: false,
            idle_since: Instant::now(),
            headers_since: None,
            is_write_blocked: false,
        };
        Self { state: Mutex::new(state), timeouts, room_wanted: Notify::new(), is_leaving: AtomicBool::new(false) }
    }

    /// Records whether the headers of a request have begun to arrive and are not complete.
    pub(super) fn headers_under_way(&self, are_under_way: bool) {
        let mut state = self.lock();
        state.headers_since = are_under_way.then(|| state.headers_since.unwrap_or_else(Instant::now));
    }

    /// Records bytes over HTTP/1, where a request follows the other: they are the next one's when none runs.
    pub(super) fn bytes_arrived(&self) {
        let mut state = self.lock();
        if state.in_flight == 0 {
            state.headers_since.get_or_insert_with(Instant::now);
        }
    }

    /// Records whether the client takes what is written.
    pub(super) fn write_blocked(&self, is_blocked: bool) {
        let mut state = self.lock();
        if state.is_write_blocked && !is_blocked {
            state.idle_since = Instant::now();
        }
        state.is_write_blocked = is_blocked;
    }

    /// Records a request whose headers are complete. `is_alone` where no other can be arriving meanwhile.
    pub(super) fn request_began(&self, is_alone: bool) {
        let mut state = self.lock();
        state.in_flight += 1;
        state.has_requested = true;
        if is_alone {
            state.headers_since = None;
        }
    }

    pub(super) fn request_ended(&self) {
        let mut state = self.lock();
        state.in_flight -= 1;
        state.idle_since = Instant::now();
    }

    /// When the connection has to be closed if nothing happens; none while a request runs.
    pub(super) fn deadline(&self) -> Option<(Instant, Expired)> {
        let state = self.lock();
        let headers = state.headers_since.map(|since| (since + self.timeouts.headers, Expired::Headers));
        headers.or_else(|| Some((state.idle_since()? + self.timeouts.idle, Expired::Idle)))
    }

    /// How long a client may take nothing of an answer that waits for it.
    pub(super) fn answer_timeout(&self) -> Duration {
        self.timeouts.answer
    }

    /// How soon a deadline may come about that is not known yet.
    pub(super) fn check_interval(&self) -> Duration {
        self.timeouts.headers.min(self.timeouts.idle)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.lock().in_flight
    }

    pub(super) fn has_requested(&self) -> bool {
        self.lock().has_requested
    }

    /// Since when there is no request, if it is not to be closed already.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        if self.is_leaving.load(Ordering::Relaxed) { None } else { self.lock().idle_since() }
    }

    /// Has the connection closed to make room for another.
    pub(super) fn make_room(&self) {
        self.is_leaving.store(true, Ordering::Relaxed);
        self.room_wanted.notify_one();
    }

    pub(super) async fn room_wanted(&self) {
        self.room_wanted.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn idle_since(&self) -> Option<Instant> {
        (self.in_flight == 0 && self.headers_since.is_none() && !self.is_write_blocked).then_some(self.idle_since)
    }
}
