//! An exporter that works on the runtime's threads, and logs its failures at most once per interval.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::Handle;

use crate::error_chain;

/// The least time between two lines of the log about a collector that does not take spans.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// An exporter that works on the runtime's threads, and logs its failures at most once per interval.
#[derive(Debug)]
pub(super) struct RuntimeExporter<E> {
    exporter: Arc<E>,
    runtime: Handle,
    endpoint: String,
    dropped: Mutex<DroppedSpans>,
}

#[derive(Debug)]
struct DroppedSpans {
    /// How many spans were lost since the last line of the log.
    spans: usize,
    last_logged: Option<Instant>,
}

impl<E> RuntimeExporter<E> {
    /// Must be called in a Tokio runtime. `endpoint` is what the log names.
    pub(super) fn new(exporter: E, endpoint: String) -> Self {
        let dropped = Mutex::new(DroppedSpans { spans: 0, last_logged: None });
        Self { exporter: Arc::new(exporter), runtime: Handle::current(), endpoint, dropped }
    }
}

impl<E: SpanExporter + 'static> SpanExporter for RuntimeExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let exporter = self.exporter.clone();
        // The SDK calls this on a thread of its own, where the runtime's timers and sockets do not work.
        let error = match self.runtime.spawn(async move { exporter.export(batch).await }).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error_chain(&error),
            // The runtime stops, and `finish` logs what is lost.
            Err(error) if error.is_cancelled() => return Ok(()),
            Err(error) => error_chain(&error),
        };
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        dropped.spans += spans;
        if dropped.last_logged.is_none_or(|last_logged| last_logged.elapsed() >= LOG_INTERVAL) {
            let (endpoint, spans) = (&self.endpoint, dropped.spans);
            tracing::warn!(endpoint, spans, error, "the collector does not take traces; these spans are lost");
            *dropped = DroppedSpans { spans: 0, last_logged: Some(Instant::now()) };
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
