//! What is seen of the database from outside: a span and a duration for every statement.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use partbook_telemetry::{TRACE_TARGET, milliseconds};
use sqlx::SqlStr;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::error::Error;
use crate::invalidation::Invalidation;
use crate::opened_file::OpenedFile;
use crate::pulse::Pulse;
use crate::statement::Statement;

/// How long a statement may take before it is logged and counted as slow.
const SLOW_STATEMENT: Duration = Duration::from_secs(1);

/// The database that statements are sent to: its attributes in traces (OpenTelemetry's semantic conventions for databases),
/// and the invalidation that hears of errors.
#[derive(Debug)]
pub(crate) struct DatabaseTarget {
    pub(crate) system: &'static str,
    pub(crate) namespace: String,
    /// Host and port; none for a file, or where there are several.
    pub(crate) address: Option<(String, u16)>,
    /// The file; none for a server.
    pub(crate) file: Option<OpenedFile>,
    pub(crate) invalidation: Invalidation,
    pub(crate) pulse: Pulse,
}

/// Observes one statement: its span, its duration, its error.
pub(crate) struct StatementObserver {
    span: Span,
    sql: SqlStr,
    invalidation: Invalidation,
}

impl DatabaseTarget {
    /// Passes while the database is where it was opened.
    pub(crate) fn check_place(&self) -> Result<(), Error> {
        self.file.as_ref().map_or(Ok(()), OpenedFile::check)
    }

    /// A statement, or `BEGIN` and `COMMIT`.
    pub(crate) fn observe(&self, statement: &Statement) -> StatementObserver {
        let span = tracing::info_span!(
            target: TRACE_TARGET,
            "statement",
            otel.kind = "client",
            otel.name = Empty,
            otel.status_code = Empty,
            db.system.name = self.system,
            db.namespace = self.namespace,
            db.query.summary = Empty,
            db.query.text = statement.as_str(),
            db.operation.name = Empty,
            db.collection.name = Empty,
            db.response.status_code = Empty,
            server.address = Empty,
            server.port = Empty,
            error.r#type = Empty,
        );
        if !span.is_disabled() {
            let summary = statement.summary();
            span.record("otel.name", &summary);
            span.record("db.query.summary", summary);
            span.record("db.operation.name", statement.operation);
            if let Some(table) = &statement.table {
                span.record("db.collection.name", &**table);
            }
            if let Some((host, port)) = &self.address {
                span.record("server.address", host);
                span.record("server.port", i64::from(*port));
            }
        }
        StatementObserver { span, sql: statement.sql.clone(), invalidation: self.invalidation.clone() }
    }
}

impl StatementObserver {
    /// Observes what a driver does for the statement.
    pub(crate) async fn run<T>(self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Error> {
        let begin = Instant::now();
        let outcome = work.instrument(self.span.clone()).await.map_err(Error::from);
        self.finish(begin.elapsed(), outcome.as_ref().err());
        outcome
    }

    /// The same for its rows.
    pub(crate) fn rows<'a, T: 'a>(self, rows: BoxStream<'a, Result<T, Error>>) -> BoxStream<'a, Result<T, Error>> {
        let span = self.span.clone();
        InstrumentedRows::new(rows, span, move |spent, error: Option<&Error>, _: &Span| self.finish(spent, error))
            .boxed()
    }

    fn finish(&self, spent: Duration, error: Option<&Error>) {
        let statement = self.sql.as_str();
        if spent >= SLOW_STATEMENT {
            metrics::counter!("partbook_db_slow_statements_total").increment(1);
            tracing::warn!(statement, milliseconds = milliseconds(spent), "slow statement");
        } else {
            tracing::debug!(statement, milliseconds = milliseconds(spent), "statement");
        }
        if let Some(error) = error {
            self.invalidation.note(error);
            if matches!(error, Error::Rejected(_)) || error.violation().is_some() {
                // The client is told that the database refuses; by which rule is for the operator.
                tracing::info!(code = error.code(), constraint = error.constraint(), "statement rejected");
            }
        }
        if let Some(error) = error.filter(|error| !matches!(error, Error::Contended | Error::Rejected(_))) {
            let code = error.code();
            self.span.record("otel.status_code", "ERROR");
            self.span.record("error.type", code.as_deref().unwrap_or("driver"));
            if let Some(code) = code {
                self.span.record("db.response.status_code", code);
            }
        }
    }
}

/// A stream of rows whose work happens in a span; `finish` is called once with the time that the work took.
pub struct InstrumentedRows<S, E, F: FnMut(Duration, Option<&E>, &Span)> {
    rows: S,
    span: Span,
    /// The time spent on rows that have come.
    spent: Duration,
    /// Since when a row is awaited.
    waiting: Option<Instant>,
    finish: Option<F>,
    error: PhantomData<fn(&E)>,
}

impl<S, E, F: FnMut(Duration, Option<&E>, &Span)> InstrumentedRows<S, E, F> {
    /// Rows whose work happens in `span`; `finish` is told once how long they took, and of an error.
    pub fn new(rows: S, span: Span, finish: F) -> Self {
        Self { rows, span, spent: Duration::ZERO, waiting: None, finish: Some(finish), error: PhantomData }
    }

    fn finish(&mut self, error: Option<&E>) {
        if let Some(mut finish) = self.finish.take() {
            let spent = self.spent + self.waiting.take().map_or(Duration::ZERO, |since| since.elapsed());
            finish(spent, error, &self.span);
            // The span ends here, and not when its reader lets go of the stream.
            self.span = Span::none();
        }
    }
}

impl<S, T, E, F> Stream for InstrumentedRows<S, E, F>
where
    S: Stream<Item = Result<T, E>> + Unpin,
    F: FnMut(Duration, Option<&E>, &Span) + Unpin,
{
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let since = *this.waiting.get_or_insert_with(Instant::now);
        let polled = this.span.in_scope(|| this.rows.poll_next_unpin(context));
        if let Poll::Ready(next) = &polled {
            this.spent += since.elapsed();
            this.waiting = None;
            match next {
                Some(Ok(_)) => {}
                Some(Err(error)) => this.finish(Some(error)),
                None => this.finish(None),
            }
        }
        polled
    }
}

impl<S, E, F: FnMut(Duration, Option<&E>, &Span)> Drop for InstrumentedRows<S, E, F> {
    fn drop(&mut self) {
        self.finish(None);
    }
}
