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

    /// The instant that is `duration` after this one.
    #[must_use]
    pub fn later(self, duration: Duration) -> Self {
        let delta = TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        Self(self.0.checked_add_signed(delta).unwrap_or(NaiveDateTime::MAX))
    }

    /// Reads RFC 3339, the same without a zone (taken as UTC), or a bare date (midnight UTC).
    ///
    /// Years 1 to 9999 only: the range that both databases order alike.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !has_strict_form(text) {
            return None;
        }
        let time = DateTime::parse_from_rfc3339(text)
            .map(|zoned| zoned.naive_utc())
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f"))
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f"))
            .or_else(|_| NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Into::into))
            .ok()?;
        (1..=9999).contains(&time.year()).then(|| Self::from_utc(time))
    }
}

/// Whether a text has the form of a date, or of a date and a time, whose parts all have their digits. The parsers take
/// white space, signs and missing digits, and roll the second 60 over; that would be another time than the one written.
fn has_strict_form(text: &str) -> bool {
    let matches = |text: &[u8], form: &[u8]| {
        text.len() == form.len()
            && text.iter().zip(form).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                form => byte.eq_ignore_ascii_case(form),
            })
    };
    let bytes = text.as_bytes();
    let (date, time) = bytes.split_at(bytes.len().min(10));
    let has_time = time.first().is_none_or(|separator| matches!(separator, b'T' | b't' | b' '));
    let clock = time.get(1..9);
    matches(date, b"0000-00-00")
        && has_time
        && (time.is_empty() || clock.is_some_and(|clock| matches(clock, b"00:00:00") && &clock[6..] < b"60"))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%S%.6fZ"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_what_is_written_or_none() {
        for (text, read) in [
            ("2024-06-15", "2024-06-15T00:00:00.000000Z"),
            ("2024-06-15T12:00:59Z", "2024-06-15T12:00:59.000000Z"),
            ("2024-06-15t12:00:59.25z", "2024-06-15T12:00:59.250000Z"),
            ("2024-06-15 12:00:59", "2024-06-15T12:00:59.000000Z"),
            ("2024-06-15T12:00:00+02:00", "2024-06-15T10:00:00.000000Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), read);
        }
        for text in [
            "2024-06-15T12:00:60Z",
            " 2024-01-01",
            "2024-01-01 ",
            "2024-1-1",
            "+2024-01-01",
            "2024-13-01",
            "2024-06-15T1:00:00Z",
            "0000-01-01",
            "",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
