//! Instants as the contract writes them: RFC 3339, UTC, `Z`, microseconds (contract section 1).

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SubsecRound, TimeDelta, Timelike};

/// The form that instants are written in, with its digits as zeros.
const FORM: &[u8; 27] = b"0000-00-00T00:00:00.000000Z";

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

    /// The microseconds since the beginning of 1970.
    pub(crate) fn microseconds(self) -> i64 {
        self.0.and_utc().timestamp_micros()
    }

    /// What [`Self::microseconds`] counts, as far as both databases can hold it.
    pub(crate) fn from_microseconds(microseconds: i64) -> Option<Self> {
        let time = DateTime::from_timestamp_micros(microseconds)?.naive_utc();
        (-4_700..=262_000).contains(&time.year()).then_some(Self(time))
    }

    /// Reads RFC 3339, the same without a zone (taken as UTC), or a bare date (midnight UTC).
    ///
    /// Years 1 to 9999 only: the range that both databases order alike.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if has_form(text.as_bytes(), FORM) {
            return Self::from_digits(text.as_bytes());
        }
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

    /// Reads what [`Self::digits`] writes. Every row of a list has two or more, and the general parsers are slow.
    fn from_digits(text: &[u8]) -> Option<Self> {
        let part = |begin: usize, end: usize| {
            text[begin..end].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
        };
        let year = i32::try_from(part(0, 4)).ok().filter(|year| *year > 0)?;
        let date = NaiveDate::from_ymd_opt(year, part(5, 7), part(8, 10))?;
        date.and_hms_micro_opt(part(11, 13), part(14, 16), part(17, 19), part(20, 26)).map(Self)
    }

    /// The instant as the contract writes it, where the year has four digits.
    pub(crate) fn digits(self) -> Option<[u8; 27]> {
        let time = self.0;
        let year = u32::try_from(time.year()).ok().filter(|year| *year <= 9999)?;
        let mut text = *FORM;
        for (begin, end, number) in [
            (0, 4, year),
            (5, 7, time.month()),
            (8, 10, time.day()),
            (11, 13, time.hour()),
            (14, 16, time.minute()),
            (17, 19, time.second()),
            (20, 26, time.nanosecond() / 1000),
        ] {
            let mut rest = number;
            for digit in text[begin..end].iter_mut().rev() {
                *digit += (rest % 10) as u8;
                rest /= 10;
            }
        }
        Some(text)
    }
}

/// Whether a text is as long as a form, with digits where it has zeros, and the same letters, small or capital, elsewhere.
fn has_form(text: &[u8], form: &[u8]) -> bool {
    text.len() == form.len()
        && text.iter().zip(form).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte.eq_ignore_ascii_case(form),
        })
}

/// Whether a text has the form of a date, or of a date and a time, whose parts all have their digits. The parsers take
/// white space, signs and missing digits, and roll the second 60 over; that would be another time than the one written.
fn has_strict_form(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (date, time) = bytes.split_at(bytes.len().min(10));
    let has_time = time.first().is_none_or(|separator| matches!(separator, b'T' | b't' | b' '));
    let clock = time.get(1..9);
    has_form(date, b"0000-00-00")
        && has_time
        && (time.is_empty() || clock.is_some_and(|clock| has_form(clock, b"00:00:00") && &clock[6..] < b"60"))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.digits() {
            Some(digits) => f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?),
            None => write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%S%.6fZ")),
        }
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
            ("0001-01-01T00:00:00.000001z", "0001-01-01T00:00:00.000001Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
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
            "0000-01-01T00:00:00.000000Z",
            "2023-02-29T00:00:00.000000Z",
            "2024-06-15T24:00:00.000000Z",
            "2024-06-15T12:00:60.000000Z",
            "",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn digits_are_what_a_format_writes() {
        let begin = NaiveDate::from_ymd_opt(1, 1, 1).unwrap().and_time(chrono::NaiveTime::MIN);
        // Steps through all years, months, days and times of day.
        let step = TimeDelta::microseconds(86_400_000_000 * 37 + 3_723_004_567);
        let times = std::iter::successors(Some(begin), |time| time.checked_add_signed(step));
        for time in times.take_while(|time| time.year() <= 10_001).chain([NaiveDateTime::MIN, NaiveDateTime::MAX]) {
            let (time, formatted) = (Timestamp::from_utc(time), time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
            assert_eq!(time.to_string(), formatted);
            let is_four_digits = (1..=9999).contains(&time.to_utc().year());
            assert_eq!(Timestamp::parse(&formatted), is_four_digits.then_some(time), "{formatted}");
        }
    }
}
