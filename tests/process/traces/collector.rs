//! An OpenTelemetry collector of a test's own: it takes traces over gRPC and over HTTP, on one port.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1 as wire;
use prost::Message;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;

/// How long a test waits for what must come. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a service sends its traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Grpc,
    Http,
}

/// Both, for tests that walk over them.
pub(super) const TRANSPORTS: [Transport; 2] = [Transport::Grpc, Transport::Http];

impl Transport {
    /// The value of `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub(super) fn protocol(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http/protobuf",
        }
    }
}

/// A collector that keeps what it is sent. It ends with the runtime of its test.
pub(super) struct Collector {
    endpoint: String,
    received: watch::Receiver<Vec<Export>>,
}

/// One request to the collector, and what came with it.
#[derive(Clone, Debug)]
pub(super) struct Export {
    pub(super) transport: Transport,
    headers: HeaderMap,
    /// The resources that its spans belong to.
    pub(super) resources: Vec<Attributes>,
    pub(super) spans: Vec<Span>,
}

/// Attributes by name. One that comes twice fails the test.
pub(super) type Attributes = BTreeMap<String, Value>;

/// A span as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    /// 32 hexadecimal digits.
    pub(super) trace_id: String,
    /// 16 hexadecimal digits.
    pub(super) id: String,
    /// The id of the span above; empty for none.
    pub(super) parent: String,
    pub(super) state: String,
    pub(super) name: String,
    pub(super) kind: wire::span::SpanKind,
    /// Nanoseconds since 1970.
    pub(super) begin: u64,
    pub(super) end: u64,
    pub(super) status: wire::status::StatusCode,
    pub(super) attributes: Attributes,
    /// The names of its events.
    pub(super) events: Vec<String>,
    /// The spans of other traces that it has to do with.
    pub(super) links: Vec<String>,
    /// Who made it.
    pub(super) scope: String,
}

impl Collector {
    pub(super) async fn start() -> Self {
        let (sender, received) = watch::channel(Vec::new());
        let grpc = TraceServiceServer::new(Desk(sender.clone())).accept_compressed(CompressionEncoding::Gzip);
        let http = Router::new().route("/v1/traces", post(take)).with_state(Desk(sender));
        let router = Routes::new(grpc).into_axum_router().merge(http);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, received }
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What has come so far.
    pub(super) fn exports(&self) -> Vec<Export> {
        self.received.borrow().clone()
    }

    /// The spans that have come so far.
    pub(super) fn spans(&self) -> Vec<Span> {
        self.exports().into_iter().flat_map(|export| export.spans).collect()
    }

    /// Waits until a span of this name has come.
    pub(super) async fn awaited(&self, name: &str) -> Span {
        let mut received = self.received.clone();
        let come = received.wait_for(|exports| {
            let mut spans = exports.iter().flat_map(|export| &export.spans);
            spans.any(|span| span.name == name)
        });
        assert!(timeout(PATIENCE, come).await.is_ok_and(|come| come.is_ok()), "no span {name}: {:?}", self.spans());
        self.spans().into_iter().find(|span| span.name == name).expect("what has come stays")
    }
}

/// Where both transports hand in.
#[derive(Clone)]
struct Desk(watch::Sender<Vec<Export>>);

impl Desk {
    fn keep(&self, transport: Transport, headers: HeaderMap, request: ExportTraceServiceRequest) {
        let mut export = Export { transport, headers, resources: Vec::new(), spans: Vec::new() };
        for of_resource in request.resource_spans {
            export.resources.push(attributes(of_resource.resource.expect("a resource").attributes));
            for of_scope in of_resource.scope_spans {
                let scope = of_scope.scope.expect("a scope").name;
                export.spans.extend(of_scope.spans.into_iter().map(|span| read(span, &scope)));
            }
        }
        self.0.send_modify(|exports| exports.push(export));
    }
}

#[tonic::async_trait]
impl TraceService for Desk {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let (metadata, _, request) = request.into_parts();
        self.keep(Transport::Grpc, metadata.into_headers(), request);
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

/// OTLP over HTTP: a protobuf message as a body, compressed or not.
async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != PROTOBUF) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let mut plain = Vec::new();
    let body = match headers.get(header::CONTENT_ENCODING) {
        None => &body[..],
        Some(_) => match GzDecoder::new(&body[..]).read_to_end(&mut plain) {
            Ok(_) => &plain,
            Err(fault) => return (StatusCode::BAD_REQUEST, fault.to_string()).into_response(),
        },
    };
    match ExportTraceServiceRequest::decode(body) {
        Ok(request) => desk.keep(Transport::Http, headers, request),
        Err(fault) => return (StatusCode::BAD_REQUEST, fault.to_string()).into_response(),
    }
    ([(header::CONTENT_TYPE, PROTOBUF)], ExportTraceServiceResponse::default().encode_to_vec()).into_response()
}

const PROTOBUF: &str = "application/x-protobuf";

fn read(span: wire::Span, scope: &str) -> Span {
    Span {
        trace_id: hexadecimal(&span.trace_id),
        id: hexadecimal(&span.span_id),
        parent: hexadecimal(&span.parent_span_id),
        kind: span.kind(),
        status: span.status.unwrap_or_default().code(),
        state: span.trace_state,
        name: span.name,
        begin: span.start_time_unix_nano,
        end: span.end_time_unix_nano,
        attributes: attributes(span.attributes),
        events: span.events.into_iter().map(|event| event.name).collect(),
        links: span.links.iter().map(|link| hexadecimal(&link.span_id)).collect(),
        scope: scope.to_owned(),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attributes(pairs: Vec<KeyValue>) -> Attributes {
    let mut attributes = Attributes::new();
    for KeyValue { key, value, .. } in pairs {
        let value = match value.and_then(|value| value.value) {
            Some(any_value::Value::StringValue(text)) => json!(text),
            Some(any_value::Value::IntValue(number)) => json!(number),
            Some(any_value::Value::DoubleValue(number)) => json!(number),
            Some(any_value::Value::BoolValue(truth)) => json!(truth),
            other => panic!("the attribute {key} is of a kind that nothing here has: {other:?}"),
        };
        let before = attributes.insert(key.clone(), value);
        assert_eq!(before, None, "the attribute {key} comes twice");
    }
    attributes
}

impl Export {
    /// A header of the request.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }
}

impl Span {
    /// An attribute; null where the span has none of this name.
    pub(super) fn attribute(&self, name: &str) -> &Value {
        self.attributes.get(name).unwrap_or(&Value::Null)
    }
}
