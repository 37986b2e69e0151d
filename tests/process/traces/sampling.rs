//! Which traces are recorded: the operator decides, and a caller can only ask for less.

use super::collector::{Collector, Span, Transport};
use super::{Caller, all_of, traced};
use partbook_test_support::{Backend, Method};

/// What is received of requests with these `traceparent`s (none where empty) under settings of the environment.
async fn received(settings: &[(&str, &str)], traceparents: &[&str]) -> Vec<Span> {
    let collector = Collector::start().await;
    let options =
        settings.iter().fold(traced(&collector, Transport::Http), |options, (name, value)| options.env(name, value));
    let service = options.start(Backend::Sqlite).await;
    for traceparent in traceparents {
        let request = service.request(Method::GET, "/v1/catalog/cpus");
        let request = if traceparent.is_empty() { request } else { request.header("traceparent", traceparent) };
        request.send().await.expect(200);
    }
    all_of(service, &collector).await
}

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

#[tokio::test]
async fn a_stranger_cannot_have_a_trace_recorded() {
    let caller = Caller::number(1);
    let asked = caller.traceparent(true);
    for settings in [
        &[(SAMPLER, "always_off")][..],
        &[(SAMPLER, "parentbased_always_off")],
        &[(SAMPLER, "traceidratio"), (ARGUMENT, "0")],
        &[(SAMPLER, "parentbased_traceidratio"), (ARGUMENT, "0.0")],
    ] {
        let spans = received(settings, &["", &asked, &caller.traceparent(false)]).await;
        assert_eq!(spans, [], "{settings:?}");
    }
}

#[tokio::test]
async fn a_stranger_cannot_choose_a_trace_id_that_is_recorded() {
    // The lowest ids are those that a sampler by the id records first, and the highest those that it records last.
    let low = "00-00000000000000000000000000000001-00f067aa0ba902b7-01";
    for sampler in ["traceidratio", "parentbased_traceidratio"] {
        let spans = received(&[(SAMPLER, sampler), (ARGUMENT, "0.000000001")], &[low; 20]).await;
        assert_eq!(spans, [], "{sampler}");
    }
}

#[tokio::test]
async fn a_caller_that_records_nothing_is_followed_by_a_sampler_that_looks_at_it() {
    let (follows, without) = (Caller::number(1).traceparent(false), "");
    for settings in [
        &[][..],
        &[(SAMPLER, "parentbased_always_on")],
        &[(SAMPLER, "parentbased_traceidratio"), (ARGUMENT, "1")],
        &[(SAMPLER, "parentbased_traceidratio")],
    ] {
        assert_eq!(received(settings, &[&follows]).await, [], "{settings:?}");
        assert_eq!(received(settings, &[without]).await.len(), 3, "{settings:?}");
    }
}

#[tokio::test]
async fn a_sampler_that_does_not_look_at_the_caller_records_all() {
    let caller = Caller::number(1);
    for settings in [&[(SAMPLER, "always_on")][..], &[(SAMPLER, "traceidratio"), (ARGUMENT, "1.0")]] {
        let spans = received(settings, &[&caller.traceparent(false)]).await;
        // And it is the caller's trace all the same.
        assert_eq!(caller.trace(&spans).operations(), ["catalog.list_cpu"], "{settings:?}");
    }
}

#[tokio::test]
async fn a_ratio_records_some_traces_and_those_whole() {
    let spans = received(&[(SAMPLER, "traceidratio"), (ARGUMENT, "0.5")], &[""; 100]).await;
    let mut traces: Vec<&str> = spans.iter().map(|span| span.trace_id.as_str()).collect();
    traces.sort_unstable();
    traces.dedup();
    // One in 10^15 runs would fail by chance.
    assert!((10..=90).contains(&traces.len()), "{} of 100", traces.len());
    for id in &traces {
        let of_trace: Vec<Span> = spans.iter().filter(|span| span.trace_id == *id).cloned().collect();
        assert_eq!(super::Trace::of(of_trace, "").operations(), ["catalog.list_cpu"]);
    }
}
