//! Parsers of settings that need only a few lines. Each error says which values are allowed; the caller puts the name of
//! the setting and the text before it.

use std::time::Duration;

use url::Url;

/// The greatest number of connections that can be asked for.
const MAX_POOL_SIZE: u32 = 1000;

/// The greatest size that can be asked for, MiB.
const MAX_MEBIBYTES: u64 = 1024 * 1024;

/// Origins as browsers send them, or `*`. (In the place of its name, clap would read `Vec` as "may be given again".)
pub(crate) type Origins = Vec<String>;

/// The first segments of the paths that the service has itself.
const OWN_PATHS: [&str; 7] = ["v1", "docs", "openapi.json", "health", "livez", "readyz", "metrics"];

/// Reads the path under which the service is mounted; empty for the root.
pub(crate) fn base_path(text: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain);
    match text.strip_prefix('/') {
        None if text.is_empty() => Ok(String::new()),
        Some(rest) if rest.split('/').next().is_some_and(|first| OWN_PATHS.contains(&first)) => {
            Err("begins like a path of the service itself; use another")
        }
        Some(rest) if rest.split('/').all(is_segment) => Ok(text.to_owned()),
        _ => Err("is not a path such as /parts: it begins with / and does not end with it, and each part of it holds \
                  ASCII letters, digits, - . _ and ~ only"),
    }
}

/// Reads origins that browsers may call from, separated by commas, or `*`.
pub(crate) fn origins(text: &str) -> Result<Origins, String> {
    let parts = || text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let is_one = parts().count() == 1;
    if !is_one && parts().any(|part| part == "*") {
        return Err("holds * beside other origins, which it includes; use either".to_owned());
    }
    parts().map(|part| origin(part).ok_or_else(|| not_an_origin(part, is_one))).collect()
}

/// The origin as a browser sends it. There are no patterns, so no browser is at one with a `*` in its host.
fn origin(text: &str) -> Option<String> {
    if text == "*" {
        return Some("*".to_owned());
    }
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let has_login = !url.username().is_empty() || url.password().is_some();
    let has_path = url.path() != "/" || url.query().is_some() || url.fragment().is_some();
    let has_pattern = url.host_str().unwrap_or_default().contains('*');
    (!has_login && !has_path && !has_pattern).then(|| url.origin().ascii_serialization())
}

fn not_an_origin(part: &str, is_one: bool) -> String {
    let which = if is_one { "is".to_owned() } else { format!("holds `{}`, which is", part.escape_debug()) };
    format!("{which} not an origin that a browser sends; use origins such as https://parts.example:8443, or * alone")
}

/// Reads a number of connections.
pub(crate) fn pool_size(text: &str) -> Result<u32, String> {
    let size = text.parse().ok().filter(|size| (1..=MAX_POOL_SIZE).contains(size));
    size.ok_or_else(|| format!("is not a number of connections; use 1 to {MAX_POOL_SIZE}"))
}

/// Reads a number of mebibytes; in bytes.
pub(crate) fn mebibytes(text: &str) -> Result<u64, String> {
    let size = text.parse().ok().filter(|size| (1..=MAX_MEBIBYTES).contains(size));
    size.map(|size: u64| size * 1024 * 1024).ok_or_else(|| format!("is not a number of MiB; use 1 to {MAX_MEBIBYTES}"))
}

/// Reads `on` or `off`.
pub(crate) fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("is neither on nor off; use one of them"),
    }
}

/// Reads `true` or `false`.
pub(crate) fn truth(text: &str) -> Result<bool, &'static str> {
    text.parse().map_err(|_| "is neither true nor false; use one of them")
}

/// Reads whole days, at least one and up to ten years.
pub(crate) fn days(text: &str) -> Result<Duration, &'static str> {
    let days = text.parse().ok().filter(|days| (1..=3660).contains(days));
    days.map(|days: u64| Duration::from_hours(24 * days)).ok_or("is not a number of days; use 1 to 3660")
}

/// Reads a number of things that are kept.
pub(crate) fn count(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|count| (1..=10_000).contains(count)).ok_or("is not a number; use 1 to 10000")
}

/// Reads whether the schema is left as it is at the start.
pub(crate) fn no_migrate(text: &str) -> Result<NoMigrate, &'static str> {
    truth(text).map(NoMigrate)
}

/// Whether the schema is left as it is at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoMigrate(pub(crate) bool);

/// Reads whether a limit is ignored.
pub(crate) fn legacy_limit(text: &str) -> Result<bool, &'static str> {
    match text {
        "ignore" => Ok(true),
        "apply" => Ok(false),
        _ => Err("is neither apply nor ignore; use one of them"),
    }
}

/// Reads whole seconds, up to an hour.
pub(crate) fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().filter(|seconds| *seconds <= 3600);
    seconds.map(Duration::from_secs).ok_or("is not a number of seconds; use 0 to 3600")
}

/// Reads whole seconds, at least one and up to an hour.
pub(crate) fn timeout(text: &str) -> Result<Duration, &'static str> {
    seconds(text).ok().filter(|time| !time.is_zero()).ok_or("is not a number of seconds; use 1 to 3600")
}

/// Reads any text but an empty one or one with control characters.
pub(crate) fn name(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("is not a name; use any text without control characters");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_become_what_browsers_send() {
        assert_eq!(
            origins("http://localhost:3000/, HTTPS://Parts.Example:443").unwrap(),
            ["http://localhost:3000", "https://parts.example"]
        );
        assert_eq!(origins("*").unwrap(), ["*"]);
        for text in [
            "localhost:3000",
            "https://parts.example/shop",
            "ftp://parts.example",
            "null",
            "https://*.parts.example",
            "*,http://a",
            "http://:p@a",
            "http://a/#b",
        ] {
            assert!(origins(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_base_path_is_a_path_without_a_slash_at_its_end() {
        for text in ["", "/parts", "/a/b", "/a.b/-_~9"] {
            assert_eq!(base_path(text).as_deref(), Ok(text));
        }
        for text in [
            "/",
            "parts",
            "/parts/",
            "//a",
            "/a//b",
            "/a?b",
            "/a#b",
            "/../a",
            "/a/..",
            "/./a",
            "/a b",
            "/%41",
            "/ä",
            "/v1",
            "/v1/x",
            "/docs",
            "/health",
            "http://a/b",
        ] {
            assert!(base_path(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_and_switches_have_bounds() {
        assert!(pool_size("0").is_err() && pool_size("1001").is_err() && pool_size("-1").is_err());
        assert_eq!(pool_size("1000"), Ok(1000));
        assert!(mebibytes("0").is_err() && mebibytes("1048577").is_err() && mebibytes("1.5").is_err());
        assert_eq!((mebibytes("1"), mebibytes("1048576")), (Ok(1 << 20), Ok(1 << 40)));
        assert!(timeout("0").is_err() && timeout("1").is_ok() && timeout("3601").is_err());
        assert!(switch("maybe").is_err() && seconds("3601").is_err() && name("").is_err());
        assert_eq!((switch("on"), truth("false"), seconds("3600")), (Ok(true), Ok(false), Ok(Duration::from_hours(1))));
    }
}
