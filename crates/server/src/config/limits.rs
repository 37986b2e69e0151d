//! How much requests may take up, and for how long.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;
use partbook_http::{HttpLimits, Rate, RateLimit, RateLimits};
use partbook_repository::RepositoryLimits;

use super::setting::Setting;
use super::values;

/// How much requests may take up, and for how long.
#[derive(Args)]
pub(crate) struct LimitArguments {
    /// Seconds that a client may take nothing of an answer that waits for it, before it is given up; 1 to 3600
    #[arg(long, env = "PARTBOOK_ANSWER_TIMEOUT", default_value = "30")]
    #[arg(value_name = "SECONDS", value_parser = Setting(values::timeout))]
    pub(crate) answer_timeout: Duration,

    /// MiB of memory that answers may take up while clients read them, 1 to 1048576; the slowest are given up first
    #[arg(long, env = "PARTBOOK_ANSWER_MEMORY", default_value = "128")]
    #[arg(value_name = "MIB", value_parser = Setting(values::mebibytes))]
    answer_memory: u64,

    /// MiB of bodies that are read and worked on at once, 1 to 1048576; the rest waits before it is read
    #[arg(long, env = "PARTBOOK_BODY_MEMORY", default_value = "4")]
    #[arg(value_name = "MIB", value_parser = Setting(values::mebibytes))]
    body_memory: u64,

    /// MiB of the database that the answers to requests with an `Idempotency-Key` may take up, 1 to 1048576; the oldest go
    /// first
    #[arg(long, env = "PARTBOOK_IDEMPOTENCY_SIZE", default_value = "256")]
    #[arg(value_name = "MIB", value_parser = Setting(values::mebibytes))]
    idempotency_size: u64,

    /// Reading requests of one address (of IPv6 a network of 64 bits) per second, and after a pause at once, such as `200:2000`;
    /// what is more is 429. `off` is no limit, the default on a loopback address or a Unix socket; elsewhere it is `200:2000`
    #[arg(long, env = "PARTBOOK_RATE_LIMIT", default_value = "", hide_default_value = true)]
    #[arg(value_name = "RATE:BURST|off", value_parser = Setting(rate_limit))]
    rate_limit: RateLimit,

    /// The same of requests that change something; elsewhere it is `50:500`
    #[arg(long, env = "PARTBOOK_WRITE_RATE_LIMIT", default_value = "", hide_default_value = true)]
    #[arg(value_name = "RATE:BURST|off", value_parser = Setting(rate_limit))]
    write_rate_limit: RateLimit,
}

impl LimitArguments {
    pub(crate) fn http(&self) -> HttpLimits {
        HttpLimits { answer_bytes: self.answer_memory, body_bytes: self.body_memory }
    }

    pub(crate) fn rates(&self) -> RateLimits {
        RateLimits { requests: self.rate_limit, writes: self.write_rate_limit }
    }

    pub(crate) fn repository(&self, is_read_only: bool) -> RepositoryLimits {
        RepositoryLimits { idempotency_bytes: self.idempotency_size, is_read_only }
    }
}

/// The lowest rate and the highest, per second, and the greatest number at once.
const MIN_RATE: f64 = 0.001;
const MAX_RATE: f64 = 1_000_000.0;
const MAX_BURST: u32 = 1_000_000;

fn rate_limit(text: &str) -> Result<RateLimit, &'static str> {
    match text {
        "" => Ok(RateLimit::Unsaid),
        "off" => Ok(RateLimit::Off),
        _ => rate(text).map(RateLimit::Rate).ok_or(
            "is not a limit; use requests per second and how many may come at once, each up to 1000000, such as 20:200 or 0.5:10, or \
             off",
        ),
    }
}

fn rate(text: &str) -> Option<Rate> {
    let (rate, burst) = text.split_once(':')?;
    let is_decimal = rate.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let rate = rate.parse::<f64>().ok().filter(|rate| is_decimal && (MIN_RATE..=MAX_RATE).contains(rate))?;
    let is_whole = burst.bytes().all(|byte| byte.is_ascii_digit());
    let burst = burst.parse::<NonZeroU32>().ok().filter(|burst| is_whole && burst.get() <= MAX_BURST)?;
    Some(Rate { every: Duration::from_secs_f64(1.0 / rate), burst })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_a_burst() {
        let limit = |every, burst| {
            Ok(RateLimit::Rate(Rate { every: Duration::from_millis(every), burst: NonZeroU32::new(burst).unwrap() }))
        };
        for (text, expected) in [
            ("", Ok(RateLimit::Unsaid)),
            ("off", Ok(RateLimit::Off)),
            ("20:200", limit(50, 200)),
            ("0.5:1", limit(2000, 1)),
            ("0.001:1000000", limit(1_000_000, 1_000_000)),
        ] {
            assert_eq!(rate_limit(text), expected, "{text}");
        }
        for text in [
            "on",
            "20",
            "20:",
            ":20",
            "0:1",
            "1:0",
            "-1:1",
            "1:-1",
            "+1:1",
            "1:+1",
            "1e3:1",
            "inf:1",
            "NaN:1",
            "1:1:1",
            ".:1",
            "1000001:1",
            "1:1000001",
            "0.0001:1",
            "1: 1",
        ] {
            assert!(rate_limit(text).is_err(), "{text}");
        }
    }
}
