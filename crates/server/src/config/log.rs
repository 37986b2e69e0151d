//! How the log is written.

use clap::Args;
use partbook_telemetry::{LogFormat, LogSettings};
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::setting::Setting;

/// How the log is written.
#[derive(Args)]
pub(crate) struct LogArguments {
    /// What is logged: `off`, `error`, `warn`, `info`, `debug`, `trace`, or levels per target: `info,partbook_database=debug`
    /// adds every SQL statement, without its values
    #[arg(long, env = "PARTBOOK_LOG_LEVEL", default_value = "info")]
    #[arg(value_name = "LEVEL", value_parser = Setting(level))]
    log_level: Targets,

    /// How the log is written, on standard error: `text` or `json`
    #[arg(long, env = "PARTBOOK_LOG_FORMAT", default_value = "text")]
    #[arg(value_name = "text|json", value_parser = Setting(format))]
    log_format: LogFormat,
}

impl LogArguments {
    pub(crate) fn settings(&self) -> LogSettings {
        LogSettings { filter: self.log_level.clone(), format: self.log_format }
    }
}

/// Reads a level for everything, or levels for parts of the program: `info`, or `info,partbook_database=debug`.
fn level(text: &str) -> Result<Targets, &'static str> {
    const FAULT: &str = "is not a log level; use off, error, warn, info, debug or trace, or levels per target as in \
                         info,partbook_database=debug";
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
            // A bare word that is not a level would count as a target, and everything else would fall silent.
            None => general = level(part)?,
            // Its words on a retry may hold a signed URL.
            Some((target, text)) if target.trim().starts_with("object_store") => drop(level(text)?),
            Some((target, text)) => {
                names_driver |= target.trim() == "sqlx";
                filter = filter.with_target(target.trim(), level(text)?);
            }
        }
    }
    if !names_driver {
        // What it logs at `info` is PostgreSQL's notices.
        filter = filter.with_target("sqlx", general.min(LevelFilter::WARN));
    }
    Ok(filter.with_default(general).with_target("object_store", LevelFilter::OFF))
}

fn format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("is not a log format; use text or json"),
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_mistyped_log_level_does_not_silence_the_log() {
        assert!(level("loud").is_err() && level("info,sqlx=loud").is_err() && level("").is_err());
        let filter = level("warn,partbook=debug").unwrap();
        assert!(filter.would_enable("partbook::serve", &Level::DEBUG));
        assert!(!filter.would_enable("hyper", &Level::INFO));
        let filter = level("debug").unwrap();
        assert!(!filter.would_enable("sqlx::query", &Level::INFO));
        let filter = level("trace,object_store::client=trace,object_store=trace").unwrap();
        assert!(!filter.would_enable("object_store::client::retry", &Level::ERROR));
    }
}
