//! What is said of a token on the command line.

use std::time::Duration;

use ipnet::IpNet;
use partbook_domain::Entity;
use partbook_domain::access::{Grant, Scopes, is_token_name};

/// Entities, or all. (In the place of its name, clap would read `Option` as "need not be given".)
pub(super) type Entities = Option<Vec<&'static Entity>>;

/// Networks. (`Vec` would be "may be given again".)
pub(super) type Networks = Vec<IpNet>;

/// How long, or for ever.
pub(super) type Lifetime = Option<Duration>;

/// The longest life of a token that ends.
const MAX_LIFETIME: Duration = Duration::from_hours(24 * 3660);

pub(super) fn name(text: &str) -> Result<String, &'static str> {
    let is_name = is_token_name(text);
    is_name.then(|| text.to_owned()).ok_or("is not a name; use letters, digits, `.`, `_` and `-`, at most 64 of them")
}

pub(super) fn scopes(text: &str) -> Result<Scopes, &'static str> {
    Scopes::parse(text).ok_or("is none of read, write, admin and metrics; use one, or several with commas between")
}

pub(super) fn entities(text: &str) -> Result<Entities, String> {
    if text.is_empty() {
        return Ok(None);
    }
    Grant::parse_entities(text).map(Some).map_err(|_| {
        let known = partbook_domain::registry().iter().map(|entity| entity.name).collect::<Vec<_>>().join(", ");
        format!("names an entity that is none; there are {known}")
    })
}

pub(super) fn lifetime(text: &str) -> Result<Lifetime, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    duration(text)
        .filter(|lifetime| !lifetime.is_zero())
        .map(Some)
        .ok_or("is not a time; use a number above 0 with s, m, h or d, such as 90d, and ten years at most")
}

/// How long an old token goes on.
pub(super) fn grace(text: &str) -> Result<Duration, &'static str> {
    duration(text).ok_or("is not a time; use a number with s, m, h or d, such as 1h or 0s, and ten years at most")
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => Duration::from_secs(1),
        "m" => Duration::from_mins(1),
        "h" => Duration::from_hours(1),
        "d" => Duration::from_hours(24),
        _ => return None,
    };
    let number = Some(number).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()?;
    unit.checked_mul(number).filter(|duration| *duration <= MAX_LIFETIME)
}

pub(super) fn networks(text: &str) -> Result<Networks, &'static str> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let read = |part: &str| part.trim().parse::<IpNet>();
    let networks = text.split(',').map(read).collect::<Result<_, _>>();
    networks
        .map_err(|_| "is not a network; use one such as 10.0.0.0/8 or 2001:db8::/32, or several with commas between")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_number_with_a_unit() {
        for (text, seconds) in [("1s", 1), ("12h", 43_200), ("90d", 7_776_000), ("5m", 300), ("3660d", 316_224_000)] {
            assert_eq!(lifetime(text), Ok(Some(Duration::from_secs(seconds))), "{text}");
            assert_eq!(grace(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!((lifetime(""), grace("0s")), (Ok(None), Ok(Duration::ZERO)));
        for text in ["0d", "d", "90", "-1d", "+1d", "1.5h", "1w", "3661d", "4294967296s", "1 d", "1é"] {
            assert!(lifetime(text).is_err(), "{text}");
        }
        assert!(grace("").is_err());
    }

    #[test]
    fn what_narrows_a_token_is_read_whole_or_not() {
        assert_eq!(entities("cpu,gpu").unwrap().map(|entities| entities.len()), Some(2));
        assert!(entities("cpus").is_err_and(|fault| fault.contains("cpu, gpu")) && entities("cpu,").is_err());
        assert_eq!(networks("10.0.0.0/8, ::1/128").map(|networks| networks.len()), Ok(2));
        assert!(networks("10.0.0.0/8,home").is_err() && networks("10.0.0.0/33").is_err());
        assert!(name("ci.deploy-1").is_ok() && name("c i").is_err() && name("").is_err() && scopes("root").is_err());
    }
}
