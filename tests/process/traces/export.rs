//! Whether traces are sent, where to and how.

use super::collector::{Collector, TRANSPORTS, Transport};
use super::{Caller, all_of, traced};
use partbook_test_support::{Backend, Server};

#[tokio::test]
async fn without_an_endpoint_there_are_no_traces() {
    let service = Server::start(Backend::Sqlite).await;
    service.get("/v1/catalog/cpus").await.expect(200);
    assert!(!service.log().contains("traces"), "{}", service.log());
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn traces_can_be_turned_off() {
    for (name, value) in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
        for transport in TRANSPORTS {
            let collector = Collector::start().await;
            let service = traced(&collector, transport).env(name, value).start(Backend::Sqlite).await;
            Caller::number(1).get(&service, "/v1/catalog/cpus").await.expect(200);
            assert!(!service.log().contains("traces are exported"), "{}", service.log());
            all_of(service, &collector).await;
            assert_eq!(collector.spans(), [], "{name}={value}");
        }
    }
}

#[tokio::test]
async fn the_protocol_says_how_traces_are_sent() {
    for (protocol, transport) in
        [(Some("grpc"), Transport::Grpc), (Some("http/protobuf"), Transport::Http), (None, Transport::Http)]
    {
        let collector = Collector::start().await;
        let mut options = Server::options().env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
        if let Some(protocol) = protocol {
            options = options.env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        }
        let service = options.start(Backend::Sqlite).await;
        assert!(service.log().contains("traces are exported"), "{}", service.log());
        Caller::number(1).get(&service, "/v1/catalog/cpus").await.expect(200);
        let spans = all_of(service, &collector).await;
        assert_eq!(Caller::number(1).trace(&spans).operations(), ["catalog.list_cpu"]);
        assert!(collector.exports().iter().all(|export| export.transport == transport), "{protocol:?}");
    }
}

#[tokio::test]
async fn the_endpoint_of_traces_goes_first_and_is_taken_as_it_stands() {
    let (collector, other) = (Collector::start().await, Collector::start().await);
    for (endpoint, protocol) in [
        (collector.endpoint().to_owned(), Transport::Grpc),
        (format!("{}/v1/traces", collector.endpoint()), Transport::Http),
    ] {
        let options = traced(&other, protocol).env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &endpoint);
        let service = options.start(Backend::Sqlite).await;
        service.get("/v1/catalog/cpus").await.expect(200);
        let before = collector.exports().len();
        all_of(service, &collector).await;
        let exports = collector.exports().split_off(before);
        assert!(exports.iter().all(|export| export.transport == protocol));
        assert!(exports.iter().flat_map(|export| &export.spans).any(|span| span.name == "catalog.list_cpu"));
    }
    assert_eq!(other.spans(), []);
}

#[tokio::test]
async fn traces_are_sent_while_the_service_runs() {
    for transport in TRANSPORTS {
        let collector = Collector::start().await;
        let options = traced(&collector, transport).env("OTEL_BSP_SCHEDULE_DELAY", "50");
        let service = options.start(Backend::Sqlite).await;
        for (path, name) in [("/v1/catalog/cpus", "catalog.list_cpu"), ("/v1/catalog/gpus", "catalog.list_gpu")] {
            service.get(path).await.expect(200);
            collector.awaited(name).await;
        }
        // Each once: the server's, the operation's and the statement's.
        assert_eq!(all_of(service, &collector).await.len(), 6);
    }
}

#[tokio::test]
async fn what_has_not_been_sent_is_sent_at_the_end() {
    for transport in TRANSPORTS {
        let collector = Collector::start().await;
        // Nothing is sent of its own accord for an hour.
        let options = traced(&collector, transport).env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
        let service = options.start(Backend::Sqlite).await;
        // More than go into one request to the collector.
        let callers: Vec<Caller> = (0..300).map(Caller::number).collect();
        for caller in &callers {
            caller.get(&service, "/v1/catalog/cpus/1").await.expect(404);
        }
        let spans = all_of(service, &collector).await;
        for caller in callers {
            assert_eq!(caller.trace(&spans).operations(), ["catalog.get_cpu"]);
        }
    }
}

#[tokio::test]
async fn headers_for_the_collector_arrive_and_are_no_business_of_the_log() {
    for transport in TRANSPORTS {
        let collector = Collector::start().await;
        let options = traced(&collector, transport)
            .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20t0ken,x-tenant=seven")
            .env("OTEL_BSP_SCHEDULE_DELAY", "50")
            .env("PARTBOOK_LOG_LEVEL", "trace");
        let service = options.start(Backend::Sqlite).await;
        service.get("/v1/catalog/cpus").await.expect(200);
        collector.awaited("catalog.list_cpu").await;
        assert!(!service.log().contains("t0ken"), "{transport:?}");
        all_of(service, &collector).await;
        for export in collector.exports() {
            assert_eq!(export.header("authorization"), Some("Bearer t0ken"), "{transport:?}");
            assert_eq!(export.header("x-tenant"), Some("seven"), "{transport:?}");
        }
    }
}

#[tokio::test]
async fn headers_of_traces_go_first() {
    for transport in TRANSPORTS {
        let collector = Collector::start().await;
        let options = traced(&collector, transport)
            .env("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=seven")
            .env("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-tenant=eight");
        let service = options.start(Backend::Sqlite).await;
        service.get("/v1/catalog/cpus").await.expect(200);
        assert_ne!(all_of(service, &collector).await, []);
        for export in collector.exports() {
            assert_eq!(export.header("x-tenant"), Some("eight"));
        }
    }
}

#[tokio::test]
async fn credentials_in_the_endpoint_do_not_stop_traces() {
    for transport in TRANSPORTS {
        let collector = Collector::start().await;
        let endpoint = collector.endpoint().replace("http://", "http://user:s3cret@");
        let options = traced(&collector, transport).env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint);
        let options = options.env("OTEL_BSP_SCHEDULE_DELAY", "50").env("PARTBOOK_LOG_LEVEL", "trace");
        let service = options.start(Backend::Sqlite).await;
        service.get("/v1/catalog/cpus").await.expect(200);
        collector.awaited("catalog.list_cpu").await;
        assert!(!service.log().contains("s3cret"), "{transport:?}");
        assert!(service.stop().await.success());
    }
}

#[tokio::test]
async fn traces_can_be_compressed() {
    for (transport, header) in [(Transport::Grpc, "grpc-encoding"), (Transport::Http, "content-encoding")] {
        let collector = Collector::start().await;
        let options = traced(&collector, transport).env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
        let service = options.start(Backend::Sqlite).await;
        Caller::number(1).get(&service, "/v1/catalog/cpus").await.expect(200);
        let spans = all_of(service, &collector).await;
        assert_eq!(Caller::number(1).trace(&spans).operations(), ["catalog.list_cpu"]);
        for export in collector.exports() {
            assert_eq!(export.header(header), Some("gzip"));
        }
    }
}

#[tokio::test]
async fn a_request_to_the_collector_is_in_no_trace() {
    for transport in TRANSPORTS {
        let collector = Collector::start().await;
        let options = traced(&collector, transport).env("OTEL_BSP_SCHEDULE_DELAY", "50");
        // The log may speak of connections; traces must not.
        let service = options.env("PARTBOOK_LOG_LEVEL", "trace").start(Backend::Sqlite).await;
        let caller = Caller::number(1);
        caller.get(&service, "/v1/catalog/cpus").await.expect(200);
        collector.awaited("catalog.list_cpu").await;
        // No span but ours: `all_of` sees to that.
        let spans = all_of(service, &collector).await;
        assert_eq!(caller.trace(&spans).below.len(), 2);
    }
}
