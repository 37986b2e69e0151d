//! The exporter: OTLP over gRPC or HTTP.
//!
//! The SDK reads by itself what is not set here: `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_EXPORTER_OTLP_COMPRESSION`, and
//! both for traces alone.

use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _, WithTonicConfig as _,
};

use super::settings::{Protocol, TraceSettings};

/// Prepares requests to the collector; none is sent yet.
pub(super) fn exporter(settings: &TraceSettings) -> Result<SpanExporter, ExporterBuildError> {
    match settings.protocol {
        Protocol::Grpc => grpc(settings),
        Protocol::Http => http(settings),
    }
}

fn grpc(settings: &TraceSettings) -> Result<SpanExporter, ExporterBuildError> {
    let builder = SpanExporter::builder().with_tonic();
    let builder = builder.with_endpoint(settings.endpoint.as_str()).with_timeout(settings.timeout);
    if settings.endpoint.scheme() == "https" {
        builder.with_tls_config(ClientTlsConfig::new().with_enabled_roots()).build()
    } else {
        builder.build()
    }
}

fn http(settings: &TraceSettings) -> Result<SpanExporter, ExporterBuildError> {
    let connector = HttpsConnectorBuilder::new().with_native_roots();
    let connector =
        connector.map_err(|error| ExporterBuildError::InternalFailure(format!("no root certificates: {error}")))?;
    let connector = connector.https_or_http().enable_http1().build();
    let builder = SpanExporter::builder().with_http();
    let builder = builder.with_http_client(HyperClient::new(connector, settings.timeout, None));
    let builder = builder.with_endpoint(settings.endpoint.as_str()).with_timeout(settings.timeout);
    builder.with_protocol(opentelemetry_otlp::Protocol::HttpBinary).build()
}
