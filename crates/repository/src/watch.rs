//! What is seen of the database from outside: a span and a duration for every operation and every statement.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use partbook_domain::Entity;
use partbook_telemetry::{TRACE_TARGET, milliseconds};
use sqlx::SqlStr;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::Error;
use crate::list::Rows;
use crate::renewal::Renewal;

/// How long a statement may take before the log says so.
const SLOW: Duration = Duration::from_secs(1);

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
pub(crate) fn operation_of_rows(name: &'static str, entity: &'static Entity, rows: Rows) -> Rows {
    let span = operation_span(name, entity);
    let finish = move |spent, error: Option<&Error>, span: &Span| finish_operation(name, entity, spent, error, span);
    Watched::new(rows, span, finish).boxed()
}

/// Runs what no request asked for under its name: `sweep` is the span `catalog.sweep`.
pub(crate) async fn chore<T>(name: &'static str, work: impl Future<Output = T>) -> T {
    let span = tracing::info_span!(target: TRACE_TARGET, "chore", otel.name = format!("catalog.{name}"));
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
        Some(Error::Unavailable(_) | Error::Contended) => "unavailable",
        Some(Error::Internal(_)) => "internal",
    };
    metrics::counter!(
        "partbook_db_operation_errors_total",
        "operation" => name, "entity" => entity.name, "kind" => kind
    )
    .increment(1);
    span.record("otel.status_code", "ERROR");
    span.record("error.type", kind);
}

/// The database as statements see it: what traces say of it (OpenTelemetry's semantic conventions for databases), and who is
/// told how they end.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) system: &'static str,
    pub(crate) namespace: String,
    /// Host and port; none for a file.
    pub(crate) address: Option<(String, u16)>,
    pub(crate) renewal: Renewal,
}

/// One statement on its way.
pub(crate) struct Statement {
    span: Span,
    sql: SqlStr,
    renewal: Renewal,
}

impl Peer {
    /// A statement, or `BEGIN` and `COMMIT`.
    pub(crate) fn statement(&self, sql: SqlStr) -> Statement {
        let span = tracing::info_span!(
            target: TRACE_TARGET,
            "statement",
            otel.kind = "client",
            otel.name = Empty,
            otel.status_code = Empty,
            db.system.name = self.system,
            db.namespace = self.namespace,
            db.query.summary = Empty,
            db.query.text = sql.as_str(),
            db.operation.name = Empty,
            db.collection.name = Empty,
            db.response.status_code = Empty,
            server.address = Empty,
            server.port = Empty,
            error.r#type = Empty,
        );
        if !span.is_disabled() {
            let Summary { operation, collection } = Summary::of(sql.as_str());
            let mut summary = operation.clone();
            if let Some(collection) = collection {
                summary = format!("{summary} {collection}");
                span.record("db.collection.name", collection);
            }
            span.record("otel.name", &summary);
            span.record("db.query.summary", summary);
            span.record("db.operation.name", operation);
            if let Some((host, port)) = &self.address {
                span.record("server.address", host);
                span.record("server.port", i64::from(*port));
            }
        }
        Statement { span, sql, renewal: self.renewal.clone() }
    }
}

impl Statement {
    /// Watches what a driver does for the statement.
    pub(crate) async fn run<T>(self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Error> {
        let begin = Instant::now();
        let outcome = work.instrument(self.span.clone()).await.map_err(Error::from);
        self.finish(begin.elapsed(), outcome.as_ref().err());
        outcome
    }

    /// The same for its rows.
    pub(crate) fn rows<'a, T: 'a>(self, rows: BoxStream<'a, Result<T, Error>>) -> BoxStream<'a, Result<T, Error>> {
        let span = self.span.clone();
        Watched::new(rows, span, move |spent, error: Option<&Error>, _: &Span| self.finish(spent, error)).boxed()
    }

    fn finish(&self, spent: Duration, error: Option<&Error>) {
        if spent >= SLOW {
            tracing::warn!(statement = self.sql.as_str(), milliseconds = milliseconds(spent), "slow statement");
        }
        if let Some(error) = error {
            self.renewal.note(error);
        }
        if let Some(Error::Unavailable(source) | Error::Internal(source)) = error {
            let code = source.as_database_error().and_then(sqlx::error::DatabaseError::code);
            self.span.record("otel.status_code", "ERROR");
            self.span.record("error.type", code.as_deref().unwrap_or("driver"));
            if let Some(code) = code {
                self.span.record("db.response.status_code", &*code);
            }
        }
    }
}

/// What a statement does, to which table, with few different texts.
#[derive(Debug, PartialEq, Eq)]
struct Summary<'a> {
    operation: String,
    collection: Option<&'a str>,
}

impl<'a> Summary<'a> {
    /// Reads statements as this crate writes them. The table is the one outside all parentheses.
    fn of(sql: &'a str) -> Self {
        let mut depth = 0_i32;
        let mut words = Vec::new();
        for word in sql.split([' ', '\n', ';']).filter(|word| !word.is_empty()) {
            if depth == 0 {
                words.push(word);
            }
            depth += word.chars().map(|c| i32::from(c == '(') - i32::from(c == ')')).sum::<i32>();
        }
        let operation = words.first().map(|word| word.to_ascii_uppercase()).unwrap_or_default();
        let before = match operation.as_str() {
            "INSERT" => "into",
            "UPDATE" => "update",
            _ => "from",
        };
        let place = words.iter().position(|word| *word == before);
        let collection = place.and_then(|place| words.get(place + 1)).copied().filter(|word| !word.starts_with('('));
        Self { operation, collection }
    }
}

/// Rows in whose span the work for them happens; what comes after them is told how long that took.
struct Watched<S, F: FnMut(Duration, Option<&Error>, &Span)> {
    rows: S,
    span: Span,
    /// The time spent on rows that have come.
    spent: Duration,
    /// Since when a row is awaited.
    waiting: Option<Instant>,
    finish: Option<F>,
}

impl<S, F: FnMut(Duration, Option<&Error>, &Span)> Watched<S, F> {
    fn new(rows: S, span: Span, finish: F) -> Self {
        Self { rows, span, spent: Duration::ZERO, waiting: None, finish: Some(finish) }
    }

    fn finish(&mut self, error: Option<&Error>) {
        if let Some(mut finish) = self.finish.take() {
            let spent = self.spent + self.waiting.take().map_or(Duration::ZERO, |since| since.elapsed());
            finish(spent, error, &self.span);
            // The span ends here, and not when its reader lets go of the stream.
            self.span = Span::none();
        }
    }
}

impl<S, T, F> Stream for Watched<S, F>
where
    S: Stream<Item = Result<T, Error>> + Unpin,
    F: FnMut(Duration, Option<&Error>, &Span) + Unpin,
{
    type Item = Result<T, Error>;

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

impl<S, F: FnMut(Duration, Option<&Error>, &Span)> Drop for Watched<S, F> {
    fn drop(&mut self) {
        self.finish(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_summed_up_by_what_it_does_and_its_table() {
        for (sql, operation, collection) in [
            (
                "select id, (select count(*) from port p) from ports_profile where id = $1",
                "SELECT",
                Some("ports_profile"),
            ),
            ("select (select count(*) from cpu where id = $1)", "SELECT", None),
            ("insert into cpu (name) values ($1) returning id", "INSERT", Some("cpu")),
            ("update gpu set name = $2 where id = $1", "UPDATE", Some("gpu")),
            ("delete from listing where id = $1", "DELETE", Some("listing")),
            ("begin immediate", "BEGIN", None),
            ("commit", "COMMIT", None),
        ] {
            assert_eq!(Summary::of(sql), Summary { operation: operation.to_owned(), collection }, "{sql}");
        }
    }
}
