//! Rounds of a race, in which each side gets its share.
//!
//! Which side wins a race is decided by who is at the lock first, and one side may always be: a delete has less to do
//! before it than a create. So the sides do not start at the same instant, but with a *handicap*: whoever won waits a
//! little longer in the next round. The step grows while the same side goes on winning and shrinks when the lead
//! changes, so the handicaps soon stay where the sides meet, whatever the machine. A handicap moves the start of a
//! request and nothing else: where in the service the two then meet is up to chance.
//!
//! A race ends with a line for `scripts/torture`, and fails when a round broke a promise, or when a side won less than
//! one round in twenty.

use std::any::Any;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::task::yield_now;

use partbook_test_support::{Answer, Backend, Request};

/// Every side has to win one round in so many.
const SHARE: usize = 20;

/// From how many rounds on every course is judged by itself, too.
const ENOUGH: usize = 200;

/// How many broken rounds are looked at before a race is given up.
const BROKEN: usize = 25;

/// By how much a handicap changes, in microseconds: at least, at first, at most.
const STEPS: [f64; 3] = [40.0, 300.0, 4_000.0];

/// The greatest handicap, in microseconds.
const GREATEST: f64 = 200_000.0;

/// A promise, tried again and again on one database.
pub(super) struct Race {
    promise: &'static str,
    backend: Backend,
    sides: Vec<&'static str>,
    rounds: usize,
    courses: Vec<Course>,
    /// One for each course where there are rounds enough to find them, or else one for all.
    handicaps: Vec<Handicaps>,
    broken: Vec<String>,
}

/// What a race is run on, such as an entity.
struct Course {
    name: String,
    wins: Vec<usize>,
}

/// The handicaps, in microseconds, and how they are found.
#[derive(Clone)]
struct Handicaps {
    each: Vec<f64>,
    step: f64,
    last: Option<usize>,
}

/// The start of one round.
#[derive(Clone)]
pub(super) struct Start {
    /// Counts from 0.
    pub(super) number: usize,
    /// The place of the course among those of the race.
    pub(super) course: usize,
    handicaps: Vec<Duration>,
    begin: Arc<OnceLock<Instant>>,
}

impl Race {
    /// A race of `quick` rounds, or of as many as the variable `RACES` says, over the courses in turn.
    pub(super) fn new(promise: &'static str, backend: Backend, sides: &[&'static str], quick: usize) -> Self {
        let rounds = env::var("RACES").map_or(quick, |rounds| rounds.parse().expect("RACES is a number of rounds"));
        Self {
            promise,
            backend,
            sides: sides.to_vec(),
            rounds,
            courses: Vec::new(),
            handicaps: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// Runs the rounds. `round` panics where the promise is broken, and else answers which side won.
    pub(super) async fn run(mut self, courses: &[impl AsRef<str>], mut round: impl AsyncFnMut(&Start) -> usize) {
        let sides = self.sides.len();
        self.courses =
            courses.iter().map(|name| Course { name: name.as_ref().to_owned(), wins: vec![0; sides] }).collect();
        let kinds = if self.rounds < ENOUGH * courses.len() { 1 } else { courses.len() };
        self.handicaps = vec![Handicaps::of(sides); kinds];
        for number in 0..self.rounds {
            let course = number % courses.len();
            let start = self.handicaps[course % kinds].start(number, course);
            match outcome(Box::pin(round(&start))).await {
                Ok(winner) => {
                    self.courses[course].wins[winner] += 1;
                    self.handicaps[course % kinds].after(winner);
                }
                Err(complaint) => {
                    self.broken.push(format!("round {number} on {}: {complaint}", courses[course].as_ref()));
                    if self.broken.len() == BROKEN {
                        break;
                    }
                }
            }
        }
        self.judge();
    }

    /// Says how the race went, and fails where it did not go well.
    #[track_caller]
    fn judge(&self) {
        let wins = |side: usize| self.courses.iter().map(|course| course.wins[side]).sum::<usize>();
        let totals: Vec<usize> = (0..self.sides.len()).map(wins).collect();
        let named = |wins: &[usize]| {
            let each = self.sides.iter().zip(wins).map(|(side, wins)| format!("{side} {wins}"));
            each.collect::<Vec<_>>().join(", ")
        };
        let database = match self.backend {
            Backend::Sqlite => "SQLite",
            Backend::Postgres => "PostgreSQL",
            Backend::Legacy => "legacy schema",
        };
        let rounds = totals.iter().sum::<usize>() + self.broken.len();
        // The line before has the test's name, and no end yet.
        println!("\nrace\t{}\t{database}\t{rounds}\t{}\t{}", self.promise, named(&totals), self.broken.len());
        assert!(self.broken.is_empty(), "{} broken:\n{}", self.promise, self.broken.join("\n"));
        let is_even = |wins: &[usize]| wins.iter().all(|won| won * SHARE >= wins.iter().sum());
        assert!(is_even(&totals), "one side hardly wins, so they hardly meet: {}", named(&totals));
        for course in self.courses.iter().filter(|course| course.wins.iter().sum::<usize>() >= ENOUGH) {
            assert!(is_even(&course.wins), "one side hardly wins on {}: {}", course.name, named(&course.wins));
        }
    }
}

impl Handicaps {
    fn of(sides: usize) -> Self {
        Self { each: vec![0.0; sides], step: STEPS[1], last: None }
    }

    fn start(&self, number: usize, course: usize) -> Start {
        let handicaps = self.each.iter().map(|microseconds| Duration::from_secs_f64(microseconds / 1e6));
        Start { number, course, handicaps: handicaps.collect(), begin: Arc::default() }
    }

    /// Learns from a round that a side has won.
    fn after(&mut self, side: usize) {
        let [least, _, most] = STEPS;
        self.step = if self.last.replace(side) == Some(side) { self.step * 1.5 } else { self.step / 2.0 };
        self.step = self.step.clamp(least, most);
        self.each[side] += self.step;
        let first = self.each.iter().copied().fold(f64::INFINITY, f64::min);
        for handicap in &mut self.each {
            *handicap = (*handicap - first).min(GREATEST);
        }
    }
}

impl Start {
    /// Waits for the moment at which a side may begin.
    async fn of(&self, side: usize) {
        let begin = *self.begin.get_or_init(Instant::now);
        // The runtime's clock ticks in milliseconds, and some races are decided in less.
        while begin.elapsed() < self.handicaps[side] {
            yield_now().await;
        }
    }

    /// Sends many requests, each for a side, and answers in the same order.
    pub(super) async fn crowd(&self, requests: impl IntoIterator<Item = (usize, Request)>) -> Vec<Answer> {
        self.timed_crowd(requests).await.into_iter().map(|(answer, _)| answer).collect()
    }

    /// The same, and when each was answered.
    pub(super) async fn timed_crowd(
        &self,
        requests: impl IntoIterator<Item = (usize, Request)>,
    ) -> Vec<(Answer, Instant)> {
        let sent = requests.into_iter().map(|(side, request)| {
            let start = self.clone();
            tokio::spawn(async move {
                start.of(side).await;
                (request.send().await, Instant::now())
            })
        });
        let sent: Vec<_> = sent.collect();
        let mut answers = Vec::with_capacity(sent.len());
        for answer in sent {
            answers.push(answer.await.expect("a request that is answered"));
        }
        answers
    }

    /// Runs one thing for each of two sides.
    pub(super) async fn duel<L, R>(&self, left: impl Future<Output = L>, right: impl Future<Output = R>) -> (L, R) {
        let left = async {
            self.of(0).await;
            left.await
        };
        let right = async {
            self.of(1).await;
            right.await
        };
        tokio::join!(left, right)
    }
}

/// What a round comes to, or what it says when it panics.
async fn outcome(mut round: Pin<Box<impl Future<Output = usize>>>) -> Result<usize, String> {
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| round.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(winner)) => Poll::Ready(Ok(winner)),
        Err(panic) => Poll::Ready(Err(text_of(&*panic))),
    })
    .await
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}
