//! How far a PostgreSQL server's changes go: a place in its write-ahead log, on one of its timelines.

use std::fmt;
use std::str::FromStr;

/// The pages of the log, and the least size of its segments, bytes. Either begins with a header.
const PAGE: u64 = 8 * 1024;
const SEGMENT: u64 = 1024 * 1024;
const PAGE_HEADER: u64 = 24;
const SEGMENT_HEADER: u64 = 40;

/// A place in the write-ahead log. The later of two on one timeline has all that the earlier has; a later timeline began with
/// what its server had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub(crate) timeline: u32,
    pub(crate) lsn: u64,
}

/// A text is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no position")]
pub struct NoPosition;

impl Position {
    /// What nobody knows the place of: only the primary surely has it.
    pub(crate) const UNKNOWN: Self = Self { timeline: u32::MAX, lsn: u64::MAX };

    /// Reads the name of a primary's log file, which begins with the timeline, and a place, as in
    /// `000000010000000000000003 0/3016D30`.
    pub(crate) fn of_primary(text: &str) -> Option<Self> {
        let (file, place) = text.split_once(' ')?;
        let timeline = u32::from_str_radix(file.get(..8)?, 16).ok()?;
        Some(Self { timeline, lsn: settled(lsn(place)?) })
    }
}

/// Reads a place such as `0/3016D30`.
pub(crate) fn lsn(text: &str) -> Option<u64> {
    let (high, low) = text.split_once('/')?;
    let part = |text| u32::from_str_radix(text, 16).ok().map(u64::from);
    Some(part(high)? << 32 | part(low)?)
}

/// The end of the last record. Where that is the end of a page, a primary names the place behind the next page's header, which
/// no standby comes to before there is a next record. No commit is so short that it ended behind a header alone.
fn settled(lsn: u64) -> u64 {
    if lsn % PAGE == PAGE_HEADER {
        lsn - PAGE_HEADER
    } else if lsn % SEGMENT == SEGMENT_HEADER {
        lsn - SEGMENT_HEADER
    } else {
        lsn
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}{:016x}", self.timeline, self.lsn)
    }
}

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 24 || !text.bytes().all(is_hex) {
            return Err(NoPosition);
        }
        let (timeline, lsn) = text.split_at(8);
        let timeline = u32::from_str_radix(timeline, 16).map_err(|_| NoPosition)?;
        Ok(Self { timeline, lsn: u64::from_str_radix(lsn, 16).map_err(|_| NoPosition)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_from_its_own_text_alone() {
        let position = Position::of_primary("0000000200000001000000A3 1/A3016D30").unwrap();
        assert_eq!(position, Position { timeline: 2, lsn: 0x1_A301_6D30 });
        assert_eq!(position.to_string(), "0000000200000001a3016d30");
        assert_eq!(position.to_string().parse(), Ok(position));
        assert_eq!(Position::UNKNOWN.to_string().parse(), Ok(Position::UNKNOWN));
        for text in ["", "1", "0000000200000001A3016D30", "0000000200000001a3016d3g", "+000000200000001a3016d30"] {
            assert_eq!(text.parse::<Position>(), Err(NoPosition), "{text}");
        }
    }

    #[test]
    fn the_end_of_a_page_is_the_end_of_its_last_record() {
        for (named, end) in [("0/3018018", 0x301_8000), ("0/4000028", 0x400_0000), ("0/3018028", 0x301_8028)] {
            let position = Position::of_primary(&format!("000000010000000000000003 {named}"));
            assert_eq!(position, Some(Position { timeline: 1, lsn: end }), "{named}");
        }
    }

    #[test]
    fn a_later_timeline_counts_for_more() {
        let position = |timeline, lsn| Position { timeline, lsn };
        assert!(position(2, 1) > position(1, 9) && position(2, 2) > position(2, 1));
        assert!(Position::UNKNOWN > position(7, u64::MAX));
    }
}
