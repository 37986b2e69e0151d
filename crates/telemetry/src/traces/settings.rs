//! Which traces are recorded, and where they are sent.

use std::time::Duration;

use url::Url;

/// Which traces are recorded, and where they are sent.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSettings {
    /// The collector's URL: with the path that OTLP over HTTP has, and without credentials, which would be logged.
    pub endpoint: Url,
    /// How traces are sent.
    pub protocol: Protocol,
    /// How long one request to the collector may take.
    pub timeout: Duration,
    /// Which traces are recorded.
    pub sampling: Sampling,
    /// The attributes of the resource, which describe this process. Of two with the same key the later one counts.
    pub resource: Vec<(String, String)>,
}

/// How traces are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OTLP over gRPC.
    Grpc,
    /// OTLP over HTTP, as protobuf.
    Http,
}

/// Which traces are recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Which share of the traces that begin here is recorded, 0 to 1.
    pub ratio: f64,
    /// Whether a trace that its caller does not record is not recorded here either.
    pub parent_based: bool,
}

impl TraceSettings {
    /// The collector's scheme, host and port, for people.
    #[must_use]
    pub fn collector(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }
}
