//! Settings of traces from a made-up environment.

use super::*;

/// Reads variables from a text such as `A=1 B=2`.
macro_rules! read {
    ($text:literal) => {
        Variables(|name: &str| {
            let mut pairs = $text.split(' ').filter_map(|pair| pair.split_once('='));
            pairs.find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
        .traces("test")
    };
}

fn message(outcome: Result<Option<TraceSettings>, BadSetting>) -> String {
    outcome.unwrap_err().0
}

#[test]
fn without_a_collector_there_are_no_traces() {
    assert_eq!(read!(""), Ok(None));
    assert_eq!(read!("OTEL_EXPORTER_OTLP_ENDPOINT="), Ok(None));
    assert_eq!(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_SDK_DISABLED=true"), Ok(None));
    assert_eq!(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_TRACES_EXPORTER=none"), Ok(None));
}

#[test]
fn the_port_says_the_protocol_where_nothing_else_does() {
    let protocol = |read: Result<Option<TraceSettings>, _>| read.unwrap().unwrap().protocol;
    assert_eq!(protocol(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317")), Protocol::Grpc);
    assert_eq!(protocol(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318")), Protocol::Http);
    assert_eq!(protocol(read!("OTEL_EXPORTER_OTLP_ENDPOINT=https://c/otlp")), Protocol::Http);
    let given = read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");
    assert_eq!(protocol(given), Protocol::Http);
    let own = read!(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://t:1 OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 \
         OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
    );
    let own = own.unwrap().unwrap();
    assert_eq!((own.endpoint.as_str(), own.protocol), ("http://t:1/", Protocol::Grpc));
}

#[test]
fn http_has_a_path_below_the_general_endpoint() {
    let endpoint = |read: Result<Option<TraceSettings>, _>| read.unwrap().unwrap().endpoint.to_string();
    assert_eq!(endpoint(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318")), "http://c:4318/v1/traces");
    assert_eq!(endpoint(read!("OTEL_EXPORTER_OTLP_ENDPOINT=https://c/otlp/")), "https://c/otlp/v1/traces");
    assert_eq!(endpoint(read!("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4318/mine")), "http://c:4318/mine");
}

#[test]
fn the_sampler_is_read_or_refused() {
    let sampling = |read: Result<Option<TraceSettings>, _>| {
        let Sampling { ratio, parent_based } = read.unwrap().unwrap().sampling;
        (ratio.to_string(), parent_based)
    };
    assert_eq!(sampling(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c")), ("1".to_owned(), true));
    let ratio =
        read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=0.25");
    assert_eq!(sampling(ratio), ("0.25".to_owned(), false));
    let off = read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_TRACES_SAMPLER=parentbased_always_off");
    assert_eq!(sampling(off), ("0".to_owned(), true));
    for faulty in [
        read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_TRACES_SAMPLER=xray"),
        read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=2"),
    ] {
        assert!(message(faulty).starts_with("OTEL_TRACES_SAMPLER"));
    }
}

#[test]
fn what_makes_no_sense_is_one_line_without_a_secret() {
    for faulty in [
        read!("OTEL_EXPORTER_OTLP_ENDPOINT=secret@c:4317"),
        read!("OTEL_EXPORTER_OTLP_ENDPOINT=ftp://u:secret@c"),
        read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_EXPORTER_OTLP_PROTOCOL=http/json"),
        read!("OTEL_TRACES_EXPORTER=zipkin"),
        read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_EXPORTER_OTLP_TIMEOUT=soon"),
        read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_RESOURCE_ATTRIBUTES=team"),
        read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_BSP_MAX_QUEUE_SIZE=99999999999"),
        read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_BSP_MAX_QUEUE_SIZE=0"),
    ] {
        let message = message(faulty);
        assert!(message.starts_with("OTEL_") && message.contains("use "), "{message}");
        assert!(!message.contains("secret") && !message.contains('\n'), "{message}");
    }
    let settings = read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://u:secret@c:4317/x").unwrap().unwrap();
    assert!(!format!("{settings:?}").contains("secret") && settings.collector() == "http://c:4317", "{settings:?}");
}
