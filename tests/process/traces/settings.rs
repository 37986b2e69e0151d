//! Settings of traces that make no sense.

use super::collector::Collector;
use partbook_test_support::partbook;

/// Runs `partbook serve` with settings beside a good endpoint, and demands one clear line and exit status 2.
async fn refused(endpoint: &str, settings: &[(&str, &str)]) -> String {
    let call = partbook(&["serve", "--listen", "127.0.0.1:0"]).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    let call = settings.iter().fold(call, |call, (name, value)| call.env(name, value));
    let finished = call.run().await;
    assert_eq!(finished.status.code(), Some(2), "{settings:?}: {finished:?}");
    let text = finished.stderr.trim_end().to_owned();
    assert!(!text.is_empty() && text.lines().count() == 1, "one clear line: {finished:?}");
    assert!(!text.contains("panicked") && !text.contains("Error {"), "{text}");
    assert_eq!(finished.stdout, "");
    text
}

#[tokio::test]
async fn a_bad_setting_is_one_clear_line_and_two() {
    let collector = Collector::start().await;
    for (name, value) in [
        ("OTEL_TRACES_SAMPLER", "xray"),
        ("OTEL_TRACES_SAMPLER", "parentbased_"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://localhost:4317"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "nonsense"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "udp"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
    ] {
        let text = refused(collector.endpoint(), &[(name, value)]).await;
        assert!(text.contains(name), "which setting: {text}");
    }
    for ratio in ["2", "-0.1", "half", "NaN"] {
        let settings = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", ratio)];
        let text = refused(collector.endpoint(), &settings).await;
        assert!(text.contains("OTEL_TRACES_SAMPLER_ARG") && text.contains(ratio), "{text}");
    }
    assert_eq!(collector.spans(), []);
}

#[tokio::test]
async fn a_bad_endpoint_is_refused_without_its_password() {
    for endpoint in ["user:s3cret@localhost:4317", "ftp://user:s3cret@localhost", "https://user:s3cret@:4317"] {
        let text = refused(endpoint, &[]).await;
        assert!(!text.contains("s3cret") && text.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{text}");
    }
}

#[tokio::test]
async fn what_is_turned_off_need_not_make_sense() {
    let call = partbook(&["serve", "--listen", "127.0.0.1:0", "--database-url", "sqlite:///nowhere/at/all.db"]);
    let call = call.env("OTEL_SDK_DISABLED", "true").env("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense");
    let finished = call.env("OTEL_TRACES_SAMPLER", "xray").run().await;
    assert_eq!(finished.status.code(), Some(1), "the database is what fails: {finished:?}");
    assert!(!finished.stderr.contains("OTEL_"), "{finished:?}");
}
