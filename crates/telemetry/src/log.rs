//! The log, on standard error.

use std::io::{self, IsTerminal as _};

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

use crate::TRACE_TARGET;

/// How the log is written.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// What is logged.
    pub filter: Targets,
    /// How it is written.
    pub format: LogFormat,
}

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Writes events to standard error.
pub(crate) fn layer<S: Subscriber + for<'span> LookupSpan<'span>>(settings: LogSettings) -> impl Layer<S> {
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = match settings.format {
        LogFormat::Json => layer.json().flatten_event(true).with_span_list(false).boxed(),
        LogFormat::Text => layer.with_ansi(has_colours()).boxed(),
    };
    // A panic that it catches is in the log already.
    let filter = settings.filter.with_target("tower_http::catch_panic", LevelFilter::OFF);
    layer.with_filter(filter.with_target(TRACE_TARGET, LevelFilter::OFF))
}

/// Colours are for a terminal, unless `NO_COLOR` asks for none (<https://no-color.org>).
fn has_colours() -> bool {
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !is_plain
}
