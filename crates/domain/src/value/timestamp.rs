//! Instants as the contract writes them: RFC 3339, UTC, `Z`, microseconds (contract section 1).

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SubsecRound, TimeDelta};

/// An instant in UTC with microsecond resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(NaiveDateTime);

impl Timestamp {
    /// Takes a UTC date and time, dropping what is finer than a microsecond (neither database keeps it).
    #[must_use]
    pub fn from_utc(time: NaiveDateTime) -> Self {
        Self(time.trunc_subsecs(6))
    }

    /// The same instant as a UTC date and time without a zone, as the databases hold it.
    #[must_use]
    pub fn to_utc(self) -> NaiveDateTime {
        self.0
    }

    /// The first instant after this one that can be told apart from it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + TimeDelta::microseconds(1))
    }

    /// The instant that was `duration` before this one.
    #[must_use]
    pub fn earlier(self, duration: Duration) -> Self {
        let delta = TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        Self(self.0.checked_sub_signed(delta).unwrap_or(NaiveDateTime::MIN))
    }

    /// Reads RFC 3339, the same without a zone (taken as UTC), or a bare date (midnight UTC).
    ///
    /// Years 1 to 9999 only: the range that both databases order alike.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let time = DateTime::parse_from_rfc3339(text)
            .map(|zoned| zoned.naive_utc())
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f"))
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f"))
            .or_else(|_| NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Into::into))
            .ok()?;
        (1..=9999).contains(&time.year()).then(|| Self::from_utc(time))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%S%.6fZ"))
    }
}
