//! Starting the log and the export of traces, once per process, and ending them.

use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::log::{self, LogSettings};
use crate::panics::log_panics;
use crate::traces::{TraceExport, TraceSettings};

/// What must be finished before the process ends.
#[must_use]
pub struct Telemetry(Option<TraceExport>);

/// Starts the log on standard error, panics included, and the export of traces where a collector is named. Must be called
/// in a Tokio runtime, once per process.
///
/// # Errors
/// One line: the settings of traces cannot be used.
///
/// # Panics
/// The process has a subscriber of `tracing` already.
pub fn start(log: LogSettings, traces: Option<&TraceSettings>) -> Result<Telemetry, String> {
    // Also without traces of our own: the log names the trace that a request belongs to.
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let export = traces.map(TraceExport::start).transpose()?;
    tracing_subscriber::registry().with(export.as_ref().map(TraceExport::layer)).with(log::layer(log)).init();
    log_panics();
    if let Some(settings) = traces {
        tracing::info!(endpoint = settings.collector(), protocol = ?settings.protocol, "traces are exported");
    }
    Ok(Telemetry(export))
}

impl Telemetry {
    /// Sends what has not been sent yet.
    pub async fn finish(self) {
        if let Some(export) = self.0 {
            export.finish().await;
        }
    }
}
