//! The log, on standard error: for people, or one JSON object a line.

use std::io::{self, IsTerminal};

use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogSettings;

/// Starts logging. Colours are for a terminal, unless `NO_COLOR` asks for none.
pub(crate) fn init(settings: LogSettings) {
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = if settings.json {
        layer.json().flatten_event(true).with_span_list(false).boxed()
    } else {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        layer.with_ansi(io::stderr().is_terminal() && !plain).boxed()
    };
    tracing_subscriber::registry().with(layer.with_filter(settings.filter)).init();
}
