//! The unit in which the log writes durations.

use std::time::Duration;

/// Converts a duration to milliseconds, rounded to three decimals.
#[must_use]
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_the_decimals() {
        assert_eq!(milliseconds(Duration::from_nanos(1_234_567_890)).to_string(), "1234.568");
        assert_eq!(milliseconds(Duration::from_nanos(499)).to_string(), "0");
        assert_eq!(milliseconds(Duration::from_mins(1)).to_string(), "60000");
    }
}
