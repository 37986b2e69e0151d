//! The reader of an answer: whether it takes enough of it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::Response;
use hyper::body::{Frame, SizeHint};
use partbook_http::PendingAnswer;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::in_flight::HeldBody;

/// How much a reader takes at least on average, bytes a second, when its time-out is over.
const MIN_RATE: u32 = 4 * 1024;

/// The reader of one answer, or of one after the other.
pub(super) struct Reader {
    /// How long it may take nothing.
    timeout: Duration,
    answer: Mutex<Option<Taken>>,
    has_answer: Notify,
}

/// How much of an answer is taken.
struct Taken {
    /// When its reader began to be waited for; the time that the answer itself was waited for does not count.
    since: Instant,
    last: Instant,
    bytes: u64,
    /// Since when the answer itself is waited for.
    awaited_since: Option<Instant>,
    pending: Option<PendingAnswer>,
}

impl Reader {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, answer: Mutex::new(None), has_answer: Notify::new() }
    }

    /// Waits until the reader has taken too little of an answer for too long, or the answer is given up.
    pub(super) async fn is_gone(&self) {
        loop {
            let Some((at, pending)) = self.next_look() else {
                self.has_answer.notified().await;
                continue;
            };
            if at <= Instant::now() {
                return;
            }
            let given_up = async {
                match &pending {
                    Some(pending) => pending.given_up().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = sleep_until(at) => {}
                () = given_up => return,
                () = self.has_answer.notified() => {}
            }
        }
    }

    /// When the reader is too late if it takes nothing until then; none where there is no answer.
    fn next_look(&self) -> Option<(Instant, Option<PendingAnswer>)> {
        let answer = self.lock();
        let taken = answer.as_ref()?;
        let at = if taken.awaited_since.is_some() {
            Instant::now() + self.timeout
        } else {
            let due = Duration::from_secs(taken.bytes) / MIN_RATE;
            (taken.last + self.timeout).min(taken.since + self.timeout + due)
        };
        Some((at, taken.pending.clone()))
    }

    fn begin(&self, pending: Option<PendingAnswer>) {
        let now = Instant::now();
        *self.lock() = Some(Taken { since: now, last: now, bytes: 0, awaited_since: None, pending });
        self.has_answer.notify_one();
    }

    fn end(&self) {
        *self.lock() = None;
        self.has_answer.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Option<Taken>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn note(&mut self, polled: Poll<usize>) {
        let now = Instant::now();
        match polled {
            Poll::Pending => {
                self.awaited_since.get_or_insert(now);
            }
            Poll::Ready(bytes) => {
                if let Some(since) = self.awaited_since.take() {
                    self.since += now - since;
                }
                self.bytes += bytes as u64;
                self.last = now;
            }
        }
    }
}

/// The body of an answer, with its reader.
pub(super) struct ReadBody {
    body: HeldBody<Body>,
    reader: Arc<Reader>,
}

impl ReadBody {
    /// Has the reader take this answer.
    pub(super) fn answer(response: Response<HeldBody<Body>>, reader: Arc<Reader>) -> Response<Self> {
        reader.begin(response.extensions().get().cloned());
        response.map(|body| Self { body, reader })
    }
}

impl HttpBody for ReadBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Some(taken) = &mut *self.reader.lock() {
            taken.note(match &polled {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Some(Ok(frame))) => Poll::Ready(frame.data_ref().map_or(0, Bytes::len)),
                Poll::Ready(_) => Poll::Ready(0),
            });
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for ReadBody {
    fn drop(&mut self) {
        self.reader.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn patience_does_not_begin_anew_with_each_byte() {
        let reader = Reader::new(TIMEOUT);
        assert!(reader.next_look().is_none(), "without an answer nobody is waited for");
        reader.begin(None);
        let since = reader.lock().as_ref().unwrap().since;
        let due = || reader.next_look().unwrap().0 - since;
        let take = |seconds: u64, bytes: usize| {
            let mut answer = reader.lock();
            let taken = answer.as_mut().unwrap();
            taken.note(Poll::Ready(bytes));
            taken.last = since + Duration::from_secs(seconds);
        };
        assert_eq!(due(), TIMEOUT);
        // What the rate allows, from the beginning on.
        take(29, 4096);
        assert_eq!(due(), Duration::from_secs(31));
        take(30, 4096);
        assert_eq!(due(), Duration::from_secs(32));
        // Who has taken much may still not stop.
        take(31, 1 << 30);
        assert_eq!(due(), Duration::from_secs(61));
    }

    #[tokio::test]
    async fn a_reader_is_not_blamed_for_an_answer_that_is_slow() {
        let reader = Reader::new(TIMEOUT);
        reader.begin(None);
        let hour = Duration::from_hours(1);
        let mut answer = reader.lock();
        let taken = answer.as_mut().unwrap();
        taken.note(Poll::Pending);
        taken.awaited_since = Some(Instant::now().checked_sub(hour).unwrap());
        taken.since = taken.since.checked_sub(hour).unwrap();
        taken.last = taken.since;
        drop(answer);
        assert!(reader.next_look().unwrap().0 > Instant::now());
        reader.lock().as_mut().unwrap().note(Poll::Ready(1));
        assert!(reader.next_look().unwrap().0 > Instant::now(), "the hour was the answer's");
        reader.end();
        assert!(reader.next_look().is_none());
    }
}
