//! Which traces are recorded: the operator decides, and a caller can only ask for less.

use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator, Sampler, SamplingResult, ShouldSample};

use super::settings::Sampling;

/// Makes the sampler. A caller's `traceparent` may keep a trace from being recorded, but cannot make the service record
/// one: neither by its flag nor by its choice of a trace id.
pub(super) fn sampler(sampling: Sampling) -> impl ShouldSample + 'static {
    let root = Sampler::TraceIdRatioBased(sampling.ratio);
    let sampler = Sampler::parent_based(root.clone()).with_remote_parent_sampled(LocalRootSampler(root.clone()));
    if sampling.parent_based { sampler } else { sampler.with_remote_parent_not_sampled(LocalRootSampler(root)) }
}

/// Decides as for a trace that begins here: without the caller's flag, by a trace id that the caller did not choose.
#[derive(Clone, Debug)]
struct LocalRootSampler(Sampler);

impl ShouldSample for LocalRootSampler {
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
