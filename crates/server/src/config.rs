//! Settings: a flag, else an environment variable, else a default. Each is read here and nowhere else.
//!
//! clap's own reading of the environment is not used: it takes an empty variable for a value, and its messages have
//! several lines and do not name the variable.

use std::env;
use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use partbook_database::{DatabaseUrl, PoolSettings};
use partbook_telemetry::LogFormat;
use tracing_subscriber::filter::{LevelFilter, Targets};
use url::Url;

mod traces;

pub(crate) use traces::traces;

/// A setting that cannot be used: one line that names the flag or the variable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadSetting(pub(crate) String);

/// Where variables come from; a test has its own.
type Variables = fn(&str) -> Option<OsString>;

/// The name of a setting, as a flag and as a variable.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    flag: &'static str,
    variable: &'static str,
    variables: Variables,
}

/// The setting with this flag and this variable of the process's environment.
pub(crate) fn setting(flag: &'static str, variable: &'static str) -> Name {
    Name { flag, variable, variables: |name| env::var_os(name) }
}

impl Name {
    /// Reads the setting with `read`, whose error says what values there are.
    ///
    /// # Errors
    /// The value is not one.
    pub(crate) fn read<T, E: Display>(
        self,
        flag: Option<&str>,
        default: &str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, BadSetting> {
        let (name, value) = match flag {
            Some(value) => (self.flag, value.to_owned()),
            None => (self.variable, self.variable()?.unwrap_or_else(|| default.to_owned())),
        };
        read(&value).map_err(|fault| BadSetting(format!("{name}: `{}` {fault}", value.escape_debug())))
    }

    /// The variable, when it is set and not empty.
    fn variable(self) -> Result<Option<String>, BadSetting> {
        let Some(value) = (self.variables)(self.variable) else { return Ok(None) };
        let value = value.into_string().map_err(|_| BadSetting(format!("{}: is not UTF-8", self.variable)))?;
        Ok(Some(value.trim().to_owned()).filter(|value| !value.is_empty()))
    }
}

/// Which database, of the flags `--database-url` and `--database-url-file`, their variables, and the file of the default.
///
/// # Errors
/// No such URL or file; a password in the flag, which everybody on the machine can read; both the URL and a file.
pub(crate) fn database_url(flag: Option<&str>, file: Option<PathBuf>) -> Result<DatabaseUrl, BadSetting> {
    database_url_of(flag, file, |name| env::var_os(name))
}

fn database_url_of(flag: Option<&str>, file: Option<PathBuf>, variables: Variables) -> Result<DatabaseUrl, BadSetting> {
    let direct = Name { flag: "--database-url", variable: "DATABASE_URL", variables };
    let through = Name { flag: "--database-url-file", variable: "DATABASE_URL_FILE", variables };
    // The value is never shown: it may hold a password.
    let parse = |name: &str, text: &str| {
        DatabaseUrl::parse(text).map_err(|fault| BadSetting(format!("{name}: the database URL {fault}")))
    };
    let both = |one: Name, other: Name, flags: bool| {
        let (one, other) = if flags { (one.flag, other.flag) } else { (one.variable, other.variable) };
        BadSetting(format!("{one} and {other} are both set; leave one of them"))
    };
    let read = |name: &str, path: PathBuf| {
        let shown = path.display();
        let text = fs::read_to_string(&path).map_err(|error| BadSetting(format!("{name}: `{shown}`: {error}")))?;
        parse(name, &text)
    };
    match (flag, file) {
        (Some(_), Some(_)) => return Err(both(direct, through, true)),
        (None, Some(path)) => return read(through.flag, path),
        (Some(text), None) => {
            let url = parse(direct.flag, text)?;
            if url.has_password() {
                return Err(BadSetting(
                    "--database-url: a command line is public, so the URL must not hold a password; set DATABASE_URL \
                     or DATABASE_URL_FILE instead"
                        .to_owned(),
                ));
            }
            return Ok(url);
        }
        (None, None) => {}
    }
    match (direct.variable()?, through.variable()?) {
        (Some(_), Some(_)) => Err(both(direct, through, false)),
        (Some(text), None) => parse(direct.variable, &text),
        (None, Some(path)) => read(through.variable, PathBuf::from(path)),
        (None, None) => parse(direct.variable, "sqlite://partbook.db"),
    }
}

/// A level for everything, or levels for parts of the program: `info`, or `info,sqlx=debug`.
pub(crate) fn log_level(text: &str) -> Result<Targets, &'static str> {
    const FAULT: &str = "is no log level; use off, error, warn, info, debug or trace, or levels per target as in \
                         info,sqlx=debug";
    // An empty text would count as `error`.
    let level = |text: &str| match text.trim() {
        "" => Err(FAULT),
        text => text.parse::<LevelFilter>().map_err(|_| FAULT),
    };
    let mut filter = Targets::new();
    let mut names_driver = false;
    let mut general = LevelFilter::INFO;
    for part in text.split(',') {
        match part.split_once('=') {
            // A bare word that is no level would count as a target, and everything else would fall silent.
            None => general = level(part)?,
            Some((target, text)) => {
                names_driver |= target.trim() == "sqlx";
                filter = filter.with_target(target.trim(), level(text)?);
            }
        }
    }
    if !names_driver {
        // What it calls information is PostgreSQL's notices.
        filter = filter.with_target("sqlx", general.min(LevelFilter::WARN));
    }
    Ok(filter.with_default(general))
}

/// `text` or `json`.
pub(crate) fn log_format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("is no log format; use text or json"),
    }
}

/// An address and port to listen on. A host name is resolved later.
pub(crate) fn listen(text: &str) -> Result<String, &'static str> {
    const FAULT: &str = "is no address to listen on; use host:port, such as 127.0.0.1:8000, [::1]:8000 or 0.0.0.0:8000";
    let (host, port) = text.rsplit_once(':').ok_or(FAULT)?;
    let is_bare_ipv6 = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
    let is_odd = |character: char| character.is_whitespace() || "/@?#".contains(character);
    if host.is_empty() || is_bare_ipv6 || host.contains(is_odd) || port.parse::<u16>().is_err() {
        return Err(FAULT);
    }
    Ok(text.to_owned())
}

/// The same, or none.
pub(crate) fn listen_if_given(text: &str) -> Result<Option<String>, &'static str> {
    if text.is_empty() { Ok(None) } else { listen(text).map(Some) }
}

/// Origins that browsers may call from, separated by commas, or `*`. Each becomes what a browser sends.
pub(crate) fn origins(text: &str) -> Result<Vec<String>, String> {
    let origin = |text: &str| {
        if text == "*" {
            return Ok("*".to_owned());
        }
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.filter(|url| url.path() == "/" && url.query().is_none() && url.username().is_empty());
        url.map(|url| url.origin().ascii_serialization())
            .ok_or_else(|| format!("`{text}` is no origin; use origins such as https://parts.example:8443, or *"))
    };
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(origin).collect()
}

/// A number of connections.
pub(crate) fn pool_size(text: &str) -> Result<u32, String> {
    const MOST: u32 = 1000;
    let size = text.parse().ok().filter(|size| (1..=MOST).contains(size));
    size.ok_or_else(|| format!("is no number of connections; use 1 to {MOST}"))
}

/// `on` or `off`.
pub(crate) fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("is neither on nor off; use one of them"),
    }
}

/// `true` or `false`.
pub(crate) fn truth(text: &str) -> Result<bool, &'static str> {
    text.parse().map_err(|_| "is neither true nor false; use one of them")
}

/// Whole seconds, up to an hour.
pub(crate) fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().filter(|seconds| *seconds <= 3600);
    seconds.map(Duration::from_secs).ok_or("is no number of seconds; use 0 to 3600")
}

/// Any text but an empty one or one with control characters.
pub(crate) fn word(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("is not a name; use any text without control characters");
    }
    Ok(text.to_owned())
}

/// The pool's settings, as far as they are to be set.
pub(crate) fn pool(size: Option<&str>, statement_cache: Option<&str>) -> Result<PoolSettings, BadSetting> {
    Ok(PoolSettings {
        size: setting("--pool-size", "PARTBOOK_POOL_SIZE").read(size, "10", pool_size)?,
        statement_cache: setting("--statement-cache", "PARTBOOK_STATEMENT_CACHE").read(
            statement_cache,
            "on",
            switch,
        )?,
        ..PoolSettings::default()
    })
}

#[cfg(test)]
mod tests;
