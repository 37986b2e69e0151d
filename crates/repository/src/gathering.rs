//! Work that waits while work of its kind is done, and is then done together. Who comes alone waits for nobody and does it alone;
//! the more come at once, the fewer statements and commits each of them costs.

use std::collections::VecDeque;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tracing::{Instrument as _, Span};

/// How many are not gathered after some that were too large for it.
const APART: u32 = 1_000;

/// How much the rows take up that are worked on together, bytes: the last one goes over.
pub(crate) const MAX_ROWS_SIZE: usize = 512 * 1024;

/// For how long work has a lane for itself: many times what it takes where nothing is in its way.
const LANE_TIME: Duration = Duration::from_millis(100);

/// What is needed to do it.
pub(crate) trait Shared: Send + Sync + 'static {}

impl<T: Send + Sync + 'static> Shared for T {}

/// What is asked, and what is answered.
pub(crate) trait Work: Send + 'static {}

impl<T: Send + 'static> Work for T {}

/// Does what was asked together: one answer for each, in their order; none for one that is to be done alone.
pub(crate) type Together<C, A, B> = fn(Arc<C>, Vec<A>) -> BoxFuture<'static, Vec<Option<B>>>;

/// The work of one kind. Those who wait are requests that are being served, of which there are only so many.
pub(crate) struct Gathering<C: Shared, A: Work, B: Work> {
    queue: Mutex<Queue<C, A, B>>,
    /// How many more come that are not gathered.
    apart: AtomicU32,
    /// How many do such work at once, each alone or several together.
    lanes: usize,
    /// How much is done together at most.
    size: usize,
}

struct Queue<C: Shared, A: Work, B: Work> {
    busy: usize,
    waiting: VecDeque<Waiting<C, A, B>>,
}

/// Somebody who waits.
struct Waiting<C: Shared, A: Work, B: Work> {
    asked: A,
    /// The operation that it is for.
    span: Span,
    answer: oneshot::Sender<Turn<C, A, B>>,
}

/// What came of waiting.
pub(crate) enum Turn<C: Shared, A: Work, B: Work> {
    /// It was done.
    Done(B),
    /// It is to be done alone, with a lane where there is one: see [`kept`].
    Alone(Option<Lane<C, A, B>>),
}

/// The right to do work of a kind. Dropped, it goes to those who wait.
pub(crate) struct Lane<C: Shared, A: Work, B: Work> {
    gathering: Arc<Gathering<C, A, B>>,
    context: Arc<C>,
    together: Together<C, A, B>,
}

impl<C: Shared, A: Work, B: Work> Gathering<C, A, B> {
    /// Work of a kind that nobody does yet.
    pub(crate) fn new(lanes: usize, size: usize) -> Arc<Self> {
        let queue = Mutex::new(Queue { busy: 0, waiting: VecDeque::new() });
        Arc::new(Self { queue, apart: AtomicU32::new(0), lanes, size })
    }

    /// Waits for a turn, unless there is a free lane.
    pub(crate) async fn join(
        self: &Arc<Self>,
        context: &Arc<C>,
        asked: A,
        together: Together<C, A, B>,
    ) -> Turn<C, A, B> {
        if self.apart.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            return Turn::Alone(None);
        }
        let turn = {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.busy < self.lanes {
                queue.busy += 1;
                return Turn::Alone(Some(Lane { gathering: self.clone(), context: context.clone(), together }));
            }
            let (answer, turn) = oneshot::channel();
            queue.waiting.push_back(Waiting { asked, span: Span::current(), answer });
            turn
        };
        // Those who did it together came to grief: nothing of it was done.
        turn.await.unwrap_or(Turn::Alone(None))
    }

    /// Leaves the next ones apart, since what they ask for is too large to be held for several.
    pub(crate) fn keep_apart(&self) {
        self.apart.store(APART, Ordering::Relaxed);
    }

    /// Takes those whose turn it is, and drops who has gone; where nobody waits, one lane less is busy.
    fn take(&self) -> Vec<Waiting<C, A, B>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.retain(|waiting| !waiting.answer.is_closed());
        let size = queue.waiting.len().min(self.size);
        if size == 0 {
            queue.busy -= 1;
        }
        queue.waiting.drain(..size).collect()
    }
}

impl<C: Shared, A: Work, B: Work> Lane<C, A, B> {
    /// Does what was asked together, and answers.
    async fn work(self, waiting: Vec<Waiting<C, A, B>>) {
        let (mut asked, mut answers) = (Vec::with_capacity(waiting.len()), Vec::with_capacity(waiting.len()));
        // Statements belong to one trace: that of the first. The others are linked to it.
        let span = waiting[0].span.clone();
        for (index, waiting) in waiting.into_iter().enumerate() {
            if index > 0 {
                waiting.span.follows_from(&span);
            }
            asked.push(waiting.asked);
            answers.push(waiting.answer);
        }
        let done = (self.together)(self.context.clone(), asked).instrument(span);
        let done = kept(Some(self), done).await;
        let count = done.iter().flatten().count();
        metrics::counter!("partbook_db_grouped_operations_total").increment(count.try_into().unwrap_or(u64::MAX));
        for (answer, done) in answers.into_iter().zip(done) {
            // Who asked may have gone.
            drop(answer.send(done.map_or(Turn::Alone(None), Turn::Done)));
        }
    }
}

/// Does work for which a lane is kept, unless it lasts: then those who wait do not wait for it as well.
pub(crate) async fn kept<C: Shared, A: Work, B: Work, T>(
    lane: Option<Lane<C, A, B>>,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    if let Some(lane) = lane {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = sleep(LANE_TIME) => drop(lane),
        }
    }
    work.await
}

impl<C: Shared, A: Work, B: Work> Drop for Lane<C, A, B> {
    fn drop(&mut self) {
        let mut waiting = self.gathering.take();
        let lane =
            || Self { gathering: self.gathering.clone(), context: self.context.clone(), together: self.together };
        match (waiting.len(), Handle::try_current()) {
            (0, _) => {}
            (1, _) => drop(waiting.remove(0).answer.send(Turn::Alone(Some(lane())))),
            (_, Ok(runtime)) => drop(runtime.spawn(lane().work(waiting))),
            // The runtime is going away, and those who wait with it.
            (_, Err(_)) => drop(lane()),
        }
    }
}

impl<C: Shared, A: Work, B: Work> fmt::Debug for Gathering<C, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathering").field("lanes", &self.lanes).field("size", &self.size).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// What was done together, each time.
    type Done = Mutex<Vec<Vec<u32>>>;

    type Numbers = Arc<Gathering<Done, u32, u32>>;

    /// Ten times each number, but not of 13, with which nothing is done.
    fn tenfold(done: Arc<Done>, asked: Vec<u32>) -> BoxFuture<'static, Vec<Option<u32>>> {
        async move {
            assert!(!asked.contains(&13));
            done.lock().unwrap().push(asked.clone());
            asked.into_iter().map(|number| (number != 7).then_some(number * 10)).collect()
        }
        .boxed()
    }

    fn numbers(lanes: usize, size: usize) -> (Numbers, Arc<Done>) {
        (Gathering::new(lanes, size), Arc::default())
    }

    fn lane(numbers: &Numbers, done: &Arc<Done>) -> Lane<Done, u32, u32> {
        match numbers.join(done, 0, tenfold).now_or_never() {
            Some(Turn::Alone(Some(lane))) => lane,
            _ => panic!("a lane was free"),
        }
    }

    /// Has numbers wait, in their order.
    async fn wait(numbers: &Numbers, done: &Arc<Done>, asked: &[u32]) -> Vec<tokio::task::JoinHandle<Option<u32>>> {
        let mut waiting = Vec::new();
        for number in asked.iter().copied() {
            let (numbers, done) = (numbers.clone(), done.clone());
            waiting.push(tokio::spawn(async move {
                match numbers.join(&done, number, tenfold).await {
                    Turn::Done(number) => Some(number),
                    Turn::Alone(lane) => kept(lane, async { None }).await,
                }
            }));
            tokio::task::yield_now().await;
        }
        waiting
    }

    async fn answers(waiting: Vec<tokio::task::JoinHandle<Option<u32>>>) -> Vec<Option<u32>> {
        let mut answers = Vec::new();
        for waiting in waiting {
            answers.push(waiting.await.unwrap());
        }
        answers
    }

    #[tokio::test]
    async fn who_comes_alone_waits_for_nobody() {
        let (numbers, done) = numbers(2, 8);
        let both = (lane(&numbers, &done), lane(&numbers, &done));
        assert!(numbers.join(&done, 1, tenfold).now_or_never().is_none());
        drop(both);
        drop((lane(&numbers, &done), lane(&numbers, &done)));
        assert!(done.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn those_who_wait_are_done_together_in_portions() {
        let (numbers, done) = numbers(1, 3);
        let lane = lane(&numbers, &done);
        let waiting = wait(&numbers, &done, &[1, 2, 7, 4, 5]).await;
        drop(lane);
        assert_eq!(answers(waiting).await, [Some(10), Some(20), None, Some(40), Some(50)]);
        assert_eq!(*done.lock().unwrap(), [vec![1, 2, 7], vec![4, 5]]);
        assert_eq!(numbers.queue.lock().unwrap().busy, 0);
    }

    #[tokio::test]
    async fn the_only_one_who_waits_does_it_alone() {
        let (numbers, done) = numbers(1, 8);
        let lane = lane(&numbers, &done);
        let waiting = wait(&numbers, &done, &[1]).await;
        drop(lane);
        assert_eq!(answers(waiting).await, [None]);
        assert!(done.lock().unwrap().is_empty());
        assert_eq!(numbers.queue.lock().unwrap().busy, 0);
    }

    #[tokio::test]
    async fn nothing_is_done_for_those_who_have_gone() {
        let (numbers, done) = numbers(1, 8);
        let lane = lane(&numbers, &done);
        let waiting = wait(&numbers, &done, &[1, 2, 3]).await;
        waiting[1].abort();
        while !waiting[1].is_finished() {
            tokio::task::yield_now().await;
        }
        drop(lane);
        for waiting in waiting {
            drop(waiting.await);
        }
        assert_eq!(*done.lock().unwrap(), [vec![1, 3]]);
    }

    #[tokio::test]
    async fn where_it_breaks_each_does_it_alone() {
        let (numbers, done) = numbers(1, 3);
        let lane = lane(&numbers, &done);
        let waiting = wait(&numbers, &done, &[1, 13, 3, 4, 5]).await;
        drop(lane);
        assert_eq!(answers(waiting).await, [None, None, None, Some(40), Some(50)]);
        assert_eq!(numbers.queue.lock().unwrap().busy, 0);
    }

    #[tokio::test]
    async fn what_lasts_keeps_nobody_waiting() {
        let (numbers, done) = numbers(1, 8);
        let lasting = tokio::spawn(kept(Some(lane(&numbers, &done)), std::future::pending::<()>()));
        let waiting = wait(&numbers, &done, &[1, 2]).await;
        assert_eq!(answers(waiting).await, [Some(10), Some(20)]);
        assert!(!lasting.is_finished());
    }
}
