//! What the primary had at which moment, by which the age of a standby is told without the clocks of servers.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::position::Position;

/// For how long it is remembered.
const HISTORY: Duration = Duration::from_hours(1);

/// How far the primary was, at the moments when it was asked.
#[derive(Debug, Default)]
pub(super) struct Samples {
    timeline: Option<u32>,
    samples: VecDeque<Sample>,
}

/// A place that the primary was at from the first moment to the last.
#[derive(Debug)]
struct Sample {
    lsn: u64,
    first: Instant,
    last: Instant,
}

impl Samples {
    /// Notes where the primary was no sooner than at a moment.
    pub(super) fn note(&mut self, Position { timeline, lsn }: Position, at: Instant) {
        let goes_back = self.samples.back().is_some_and(|last| last.lsn > lsn);
        if self.timeline != Some(timeline) || goes_back {
            self.samples.clear();
            self.timeline = Some(timeline);
        }
        match self.samples.back_mut() {
            Some(last) if last.lsn == lsn => last.last = at,
            _ => self.samples.push_back(Sample { lsn, first: at, last: at }),
        }
        while self.samples.len() > 1 && self.samples[0].last + HISTORY < at {
            self.samples.pop_front();
        }
    }

    /// The primary's timeline.
    pub(super) fn timeline(&self) -> Option<u32> {
        self.timeline
    }

    /// How old what a standby shows is at most; none where it is older than what is remembered.
    pub(super) fn age(&self, replayed: u64, now: Instant) -> Option<Duration> {
        let has = self.samples.partition_point(|sample| sample.lsn <= replayed);
        let last = self.samples.get(has.checked_sub(1)?)?;
        Some(now.saturating_duration_since(last.last))
    }

    /// For how long a standby has lacked something; nothing where it has what the primary had at the last look.
    pub(super) fn lag(&self, replayed: u64, now: Instant) -> Option<Duration> {
        self.samples.back()?;
        let lacks = self.samples.partition_point(|sample| sample.lsn <= replayed);
        Some(self.samples.get(lacks).map_or(Duration::ZERO, |first| now.saturating_duration_since(first.first)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_is_that_of_the_last_look_that_it_has_caught_up_with() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut samples = Samples::default();
        assert_eq!((samples.age(9, begin), samples.lag(9, begin)), (None, None));
        for (lsn, seconds) in [(10, 0), (20, 1), (20, 2), (30, 3)] {
            samples.note(Position { timeline: 1, lsn }, at(seconds));
        }
        let seconds = |duration: Option<Duration>| duration.map(|duration| duration.as_secs());
        let told = |replayed| (seconds(samples.age(replayed, at(5))), seconds(samples.lag(replayed, at(5))));
        assert_eq!(told(9), (None, Some(5)));
        assert_eq!(told(10), (Some(5), Some(4)));
        assert_eq!(told(20), (Some(3), Some(2)));
        assert_eq!(told(30), (Some(2), Some(0)));
        assert_eq!(told(99), (Some(2), Some(0)));
    }

    #[test]
    fn another_timeline_or_a_way_back_begins_anew() {
        let now = Instant::now();
        let mut samples = Samples::default();
        samples.note(Position { timeline: 1, lsn: 10 }, now);
        samples.note(Position { timeline: 2, lsn: 5 }, now);
        assert_eq!(
            (samples.timeline(), samples.age(4, now), samples.age(5, now)),
            (Some(2), None, Some(Duration::ZERO))
        );
        samples.note(Position { timeline: 2, lsn: 3 }, now);
        assert_eq!(samples.age(3, now), Some(Duration::ZERO));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let begin = Instant::now();
        let mut samples = Samples::default();
        for second in 0..10_000 {
            samples.note(Position { timeline: 1, lsn: second }, begin + Duration::from_secs(second));
        }
        assert!(samples.samples.len() <= 3602, "{}", samples.samples.len());
    }
}
