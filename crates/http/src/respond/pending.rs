//! Bounds what answers take up in memory while they wait for their readers. Where one more does not fit, the answer whose
//! reader is slowest is given up for it.

use std::collections::HashMap;
use std::mem::take;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;

use crate::metrics::Occupancy;

/// How long every reader has before its answer may be given up for another one's.
const GRACE: Duration = Duration::from_secs(1);

/// How much of an answer is handed on at once, bytes: what is handed on cannot be taken back.
const PIECE_SIZE: usize = 16 * 1024;

/// The answers that wait for their readers.
#[derive(Debug)]
pub(crate) struct PendingAnswers {
    /// How much they may take up, bytes.
    max: u64,
    state: Mutex<Pending>,
}

#[derive(Debug, Default)]
struct Pending {
    bytes: u64,
    answers: HashMap<u64, Arc<Answer>>,
    next: u64,
}

/// An answer that waits for its reader.
#[derive(Debug)]
struct Answer {
    size: u64,
    begun: Instant,
    taken: AtomicU64,
    rest: Mutex<Rest>,
    given_up: Notify,
}

/// What its reader has not taken.
#[derive(Debug, Default)]
struct Rest {
    body: Option<Body>,
    /// The part of a frame that is left.
    frame: Bytes,
}

impl PendingAnswers {
    pub(crate) fn new(max: u64) -> Self {
        Self { max, state: Mutex::default() }
    }

    /// How much they take up now.
    pub(crate) fn occupancy(&self) -> Occupancy {
        Occupancy { taken: lock(&self.state).bytes, max: self.max }
    }

    /// Makes room for one more, and has it wait for its reader; none where there is no room.
    pub(crate) fn admit(self: &Arc<Self>, size: u64, may_be_refused: bool, body: Body) -> Option<PendingBody> {
        let mut given_up = Vec::new();
        let admitted = {
            let mut state = lock(&self.state);
            while state.bytes + size > self.max
                && let Some(slowest) = state.slowest()
            {
                given_up.extend(state.remove(slowest));
            }
            let has_room = state.bytes + size <= self.max;
            (has_room || !may_be_refused).then(|| state.insert(size, body))
        };
        for answer in given_up {
            answer.give_up();
        }
        admitted.map(|(number, answer)| PendingBody { answer, number, all: self.clone() })
    }
}

impl Pending {
    /// The answer of which least is taken in its time, of those that have waited for a while.
    fn slowest(&self) -> Option<u64> {
        let rates = self.answers.iter().filter_map(|(number, answer)| {
            let waited = answer.begun.elapsed();
            let rate = answer.taken.load(Ordering::Relaxed) * 1000 / u64::try_from(waited.as_millis()).ok()?.max(1);
            (waited >= GRACE).then_some((rate, *number))
        });
        rates.min().map(|(_, number)| number)
    }

    fn insert(&mut self, size: u64, body: Body) -> (u64, Arc<Answer>) {
        let rest = Mutex::new(Rest { body: Some(body), frame: Bytes::new() });
        let (begun, taken) = (Instant::now(), AtomicU64::new(0));
        let answer = Arc::new(Answer { size, begun, taken, rest, given_up: Notify::new() });
        let number = self.next;
        self.next += 1;
        self.bytes += size;
        self.answers.insert(number, answer.clone());
        (number, answer)
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Answer>> {
        let answer = self.answers.remove(&number)?;
        self.bytes -= answer.size;
        Some(answer)
    }
}

impl Answer {
    /// Lets go of what is not taken, and tells whoever carries the answer.
    fn give_up(&self) {
        metrics::counter!("partbook_answers_given_up_total").increment(1);
        tracing::info!(bytes = self.size, "an answer was given up for others; its reader is the slowest");
        take(&mut *lock(&self.rest));
        self.given_up.notify_one();
    }
}

/// An answer that may be given up before its reader has taken it. It travels as an extension of the response.
#[derive(Clone, Debug)]
pub struct PendingAnswer(Arc<Answer>);

impl PendingAnswer {
    /// Waits until the answer is given up, if it is: what carries it is of no use then.
    pub async fn given_up(&self) {
        self.0.given_up.notified().await;
    }
}

/// The body of an answer that waits for its reader.
pub(crate) struct PendingBody {
    answer: Arc<Answer>,
    number: u64,
    all: Arc<PendingAnswers>,
}

impl PendingBody {
    /// What tells whether the answer is given up.
    pub(crate) fn answer(&self) -> PendingAnswer {
        PendingAnswer(self.answer.clone())
    }
}

impl HttpBody for PendingBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut rest = lock(&self.answer.rest);
        let Rest { body: Some(body), frame, .. } = &mut *rest else {
            return Poll::Ready(Some(Err(axum::Error::new("the answer was given up for others"))));
        };
        if frame.is_empty() {
            match std::task::ready!(Pin::new(body).poll_frame(context)) {
                Some(Ok(next)) => match next.into_data() {
                    Ok(data) => *frame = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                end => return Poll::Ready(end),
            }
        }
        let piece = frame.split_to(frame.len().min(PIECE_SIZE));
        // A copy, so that nobody who holds a piece holds the whole.
        let piece = if frame.is_empty() { piece } else { Bytes::copy_from_slice(&piece) };
        self.answer.taken.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        let rest = lock(&self.answer.rest);
        rest.frame.is_empty() && rest.body.as_ref().is_some_and(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let rest = lock(&self.answer.rest);
        let Some(body) = &rest.body else { return SizeHint::default() };
        let (hint, left) = (body.size_hint(), rest.frame.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + left);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + left);
        }
        whole
    }
}

impl Drop for PendingBody {
    fn drop(&mut self) {
        let answer = lock(&self.all.state).remove(self.number);
        // The rows of a list may be dropped with it: not under the lock.
        drop(answer);
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
