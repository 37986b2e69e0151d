//! What is seen of an operation from outside: a span and a duration under its name.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use partbook_database::InstrumentedRows;
use partbook_domain::Entity;
use partbook_telemetry::TRACE_TARGET;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::error::Error;
use crate::read::list::PagedRows;

/// Runs an operation under its name: `update` on a CPU is the span `catalog.update_cpu`.
pub(crate) async fn operation<T>(
    name: &'static str,
    entity: &'static Entity,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let span = operation_span(name, entity);
    let begin = Instant::now();
    let outcome = work.instrument(span.clone()).await;
    finish_operation(name, entity, begin.elapsed(), outcome.as_ref().err(), &span);
    outcome
}

/// The same for an operation whose rows come one by one; the time that their reader takes does not count.
pub(crate) fn operation_of_rows(name: &'static str, entity: &'static Entity, rows: PagedRows) -> PagedRows {
    let span = operation_span(name, entity);
    let finish = move |spent, error: Option<&Error>, span: &Span| finish_operation(name, entity, spent, error, span);
    InstrumentedRows::new(rows, span, finish).boxed()
}

/// Runs what no request asked for under its name: `delete_expired` is the span `catalog.delete_expired`.
pub(crate) async fn background_task<T>(name: &'static str, work: impl Future<Output = T>) -> T {
    let span = tracing::info_span!(target: TRACE_TARGET, "background task", otel.name = format!("catalog.{name}"));
    work.instrument(span).await
}

fn operation_span(name: &'static str, entity: &'static Entity) -> Span {
    tracing::info_span!(
        target: TRACE_TARGET,
        "operation",
        otel.name = format!("catalog.{name}_{}", entity.name),
        otel.status_code = Empty,
        error.r#type = Empty,
    )
}

fn finish_operation(name: &'static str, entity: &Entity, spent: Duration, error: Option<&Error>, span: &Span) {
    metrics::histogram!("partbook_db_operation_duration_seconds", "operation" => name, "entity" => entity.name)
        .record(spent);
    let kind = match error {
        // A refusal is an answer, and no failure of the database.
        None | Some(Error::Refused(_)) => return,
        Some(error) if error.is_unavailable() => "unavailable",
        Some(_) => "internal",
    };
    metrics::counter!(
        "partbook_db_operation_errors_total",
        "operation" => name, "entity" => entity.name, "kind" => kind
    )
    .increment(1);
    span.record("otel.status_code", "ERROR");
    span.record("error.type", kind);
}
