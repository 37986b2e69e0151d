//! Traces on their way to an OpenTelemetry collector (OTLP, over gRPC or HTTP).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _, WithTonicConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, Sampler, SamplingResult, SdkTracer, SdkTracerProvider, ShouldSample, SpanData,
    SpanExporter,
};
use partbook_telemetry::{TRACE_TARGET, error_chain};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{Filtered, LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

use crate::config::{Protocol, TraceSettings};

/// How long the last spans may take to be sent when the process stops.
const FLUSHING: Duration = Duration::from_secs(5);

/// How often the log says that the collector does not take the spans.
const COMPLAINT: Duration = Duration::from_mins(1);

/// Spans are exported.
pub(super) struct Exporting(SdkTracerProvider);

/// The layer that makes spans of the trace from spans of the program.
type Layer<S> = Filtered<OpenTelemetryLayer<S, SdkTracer>, Targets, S>;

impl Exporting {
    /// Starts to export. A collector that is away is no failure; spans wait in a queue of limited length, and what does
    /// not fit is dropped.
    ///
    /// # Errors
    /// One line: a setting that cannot be used.
    pub(super) fn start(settings: &TraceSettings, environment: &str) -> Result<Self, String> {
        let exporter =
            exporter(settings).map_err(|error| format!("traces cannot be exported: {}", error_chain(&error)))?;
        let exporter = Patient {
            exporter: Arc::new(exporter),
            runtime: Handle::current(),
            endpoint: settings.shown(),
            lost: Mutex::new(Lost { spans: 0, told: None }),
        };
        let provider = SdkTracerProvider::builder()
            .with_resource(resource(settings, environment))
            .with_sampler(sampler(settings))
            .with_batch_exporter(exporter)
            .build();
        Ok(Self(provider))
    }

    pub(super) fn layer<S: Subscriber + for<'span> LookupSpan<'span>>(&self) -> Layer<S> {
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
    pub(super) async fn finish(self) {
        let done = spawn_blocking(move || self.0.shutdown_with_timeout(FLUSHING)).await;
        if let Ok(Err(error)) = done {
            tracing::warn!(error = error_chain(&error), "the last traces may be lost");
        }
    }
}

fn exporter(
    settings: &TraceSettings,
) -> Result<opentelemetry_otlp::SpanExporter, opentelemetry_otlp::ExporterBuildError> {
    let builder = opentelemetry_otlp::SpanExporter::builder();
    let (endpoint, is_https) = (settings.endpoint.to_string(), settings.endpoint.scheme() == "https");
    match settings.protocol {
        Protocol::Grpc => {
            let builder = builder.with_tonic().with_endpoint(endpoint);
            let tls = is_https.then(|| ClientTlsConfig::new().with_enabled_roots());
            match tls {
                Some(tls) => builder.with_tls_config(tls).build(),
                None => builder.build(),
            }
        }
        Protocol::Http => {
            let connector = HttpsConnectorBuilder::new().with_native_roots();
            let connector = connector.map_err(|error| {
                opentelemetry_otlp::ExporterBuildError::InternalFailure(format!("no root certificates: {error}"))
            })?;
            let connector = connector.https_or_http().enable_http1().build();
            let builder = builder.with_http().with_http_client(HyperClient::new(connector, settings.timeout, None));
            builder.with_endpoint(endpoint).with_protocol(opentelemetry_otlp::Protocol::HttpBinary).build()
        }
    }
}

/// Who we are. `OTEL_RESOURCE_ATTRIBUTES` may say otherwise, and `OTEL_SERVICE_NAME` has the last word on the name.
fn resource(settings: &TraceSettings, environment: &str) -> Resource {
    let own = [
        KeyValue::new("service.name", "partbook"),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("deployment.environment.name", environment.to_owned()),
    ];
    let given = settings.attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let resource = Resource::builder_empty().with_attributes(own).with_attributes(given);
    match &settings.service_name {
        Some(name) => resource.with_service_name(name.clone()).build(),
        None => resource.build(),
    }
}

/// What `traceparent` says may keep a trace from being recorded, but a stranger cannot make it be recorded, neither by its
/// flag nor by its choice of a trace id.
fn sampler(settings: &TraceSettings) -> impl ShouldSample + 'static {
    let root = Sampler::TraceIdRatioBased(settings.sampling.ratio);
    let sampler = Sampler::parent_based(root.clone()).with_remote_parent_sampled(Afresh(root.clone()));
    if settings.sampling.parent_based { sampler } else { sampler.with_remote_parent_not_sampled(Afresh(root)) }
}

/// Decides as for a trace that begins here.
#[derive(Clone, Debug)]
struct Afresh(Sampler);

impl ShouldSample for Afresh {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let trace_id = RandomIdGenerator::default().new_trace_id();
        let mut result = self.0.should_sample(None, trace_id, name, kind, attributes, links);
        if let Some(parent) = parent {
            result.trace_state = parent.span().span_context().trace_state().clone();
        }
        result
    }
}

/// An exporter that works on the runtime's threads, and whose failures cost a line in the log now and then.
#[derive(Debug)]
struct Patient<E> {
    exporter: Arc<E>,
    runtime: Handle,
    endpoint: String,
    lost: Mutex<Lost>,
}

#[derive(Debug)]
struct Lost {
    /// How many spans were lost since the log said so.
    spans: usize,
    told: Option<Instant>,
}

impl<E: SpanExporter + 'static> SpanExporter for Patient<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let exporter = self.exporter.clone();
        // The thread that asks is the SDK's own, on which no connection could be made.
        let error = match self.runtime.spawn(async move { exporter.export(batch).await }).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error_chain(&error),
            // The process stops; that says so itself.
            Err(error) if error.is_cancelled() => return Ok(()),
            Err(error) => error_chain(&error),
        };
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.spans += spans;
        if lost.told.is_none_or(|told| told.elapsed() >= COMPLAINT) {
            let (endpoint, spans) = (&self.endpoint, lost.spans);
            tracing::warn!(endpoint, spans, error, "the collector does not take traces; these spans are lost");
            *lost = Lost { spans: 0, told: Some(Instant::now()) };
        }
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        if let Some(exporter) = Arc::get_mut(&mut self.exporter) {
            exporter.set_resource(resource);
        }
    }
}
