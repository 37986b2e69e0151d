//! What the process says of itself while it runs: the log, and traces. (Metrics are asked for: `partbook_http::Metrics`.)

mod traces;

use std::io::{self, IsTerminal};

use opentelemetry_sdk::propagation::TraceContextPropagator;
use partbook_telemetry::TRACE_TARGET;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogSettings, TraceSettings};
use traces::Exporting;

/// What must be finished before the process ends.
pub(crate) struct Telemetry(Option<Exporting>);

/// Starts the log on standard error, for people or one JSON object a line, and traces where a collector is named.
///
/// # Errors
/// One line: the traces' settings cannot be used.
pub(crate) fn init(log: LogSettings, traces: Option<&TraceSettings>, environment: &str) -> Result<Telemetry, String> {
    // Also without traces of our own: the log names the trace that a request belongs to.
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let exporting = traces.map(|settings| Exporting::start(settings, environment)).transpose()?;
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = if log.json {
        layer.json().flatten_event(true).with_span_list(false).boxed()
    } else {
        // Colours are for a terminal, unless `NO_COLOR` asks for none.
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        layer.with_ansi(io::stderr().is_terminal() && !plain).boxed()
    };
    let filter = log.filter.with_target(TRACE_TARGET, LevelFilter::OFF);
    tracing_subscriber::registry()
        .with(exporting.as_ref().map(Exporting::layer))
        .with(layer.with_filter(filter))
        .init();
    if let Some(settings) = traces {
        tracing::info!(endpoint = settings.shown(), protocol = ?settings.protocol, "traces are exported");
    }
    Ok(Telemetry(exporting))
}

impl Telemetry {
    /// Sends what has not been sent yet.
    pub(crate) async fn finish(self) {
        if let Some(exporting) = self.0 {
            exporting.finish().await;
        }
    }
}
