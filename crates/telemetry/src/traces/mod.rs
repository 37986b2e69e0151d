//! Traces on their way to an OpenTelemetry collector.

mod exporter;
mod runtime_exporter;
mod sampler;
mod settings;

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::task::spawn_blocking;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{Filtered, LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

use crate::{TRACE_TARGET, error_chain};
use runtime_exporter::RuntimeExporter;
pub use settings::{Protocol, Sampling, TraceSettings};

/// How long the last spans may take to be sent when the process stops.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// The export of spans.
pub(crate) struct TraceExport(SdkTracerProvider);

/// The layer that makes spans of the trace from spans of the program.
type Layer<S> = Filtered<OpenTelemetryLayer<S, SdkTracer>, Targets, S>;

impl TraceExport {
    /// Starts to export. A collector that is away is no failure; spans wait in a queue of limited length, and what does
    /// not fit is dropped. The SDK reads the limits of the queue from `OTEL_BSP_…` by itself.
    ///
    /// # Errors
    /// One line: a setting that cannot be used.
    pub(crate) fn start(settings: &TraceSettings) -> Result<Self, String> {
        let exporter = exporter::exporter(settings)
            .map_err(|error| format!("traces cannot be exported: {}", error_chain(&error)))?;
        let attributes = settings.resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder_empty().with_attributes(attributes).build())
            .with_sampler(sampler::sampler(settings.sampling))
            .with_batch_exporter(RuntimeExporter::new(exporter, settings.collector()))
            .build();
        Ok(Self(provider))
    }

    pub(crate) fn layer<S: Subscriber + for<'span> LookupSpan<'span>>(&self) -> Layer<S> {
        let layer = tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("partbook"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false);
        layer.with_filter(Targets::new().with_target(TRACE_TARGET, LevelFilter::INFO))
    }

    /// Sends what has not been sent yet.
    pub(crate) async fn finish(self) {
        let done = spawn_blocking(move || self.0.shutdown_with_timeout(FLUSH_TIMEOUT)).await;
        if let Ok(Err(error)) = done {
            tracing::warn!(error = error_chain(&error), "the last traces may be lost");
        }
    }
}
