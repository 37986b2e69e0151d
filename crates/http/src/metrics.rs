//! The metrics of the process: collects, describes and renders them (contract section 8).

use std::time::{Duration, Instant};

use metrics::{SetRecorderError, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use metrics_process::Collector;
use partbook_database::PoolState;
use partbook_domain::registry;
use partbook_repository::Repository;
use partbook_telemetry::error_chain;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// The upper bounds of every histogram's buckets, seconds: 1, 2 and 5 in each power of ten. Twice the time falls into another
/// bucket, and the limits that people watch (100, 200, 500 ms) are bounds.
const BUCKETS: [f64; 16] =
    [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];

/// How often the recorder sorts samples into buckets between scrapes.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// For how long row counts are reused.
const ROW_COUNT_TTL: Duration = Duration::from_mins(1);

/// How long a scrape waits for new row counts.
const ROW_COUNT_TIMEOUT: Duration = Duration::from_secs(1);

/// The metrics of the process.
#[derive(Debug)]
pub struct Metrics {
    handle: PrometheusHandle,
    process: Collector,
    /// When the rows were last counted.
    counted_at: Mutex<Option<Instant>>,
}

impl Metrics {
    /// A recorder with the buckets of every histogram. It must be installed before anything is counted, for the process
    /// or for a thread.
    #[must_use]
    pub fn recorder() -> PrometheusRecorder {
        PrometheusBuilder::new().set_buckets(&BUCKETS).expect("BUCKETS is not empty").build_recorder()
    }

    /// The metrics that a recorder collects. `commit` is the commit that the program was built from.
    #[must_use]
    pub fn of(recorder: &PrometheusRecorder, version: &'static str, commit: &'static str) -> Self {
        let process = Collector::default();
        metrics::with_local_recorder(recorder, || {
            process.describe();
            describe();
            gauge!("partbook_build_info", "version" => version, "commit" => commit).set(1.0);
            // Counters exist from the start, so that the first event is an increase.
            counter!("partbook_db_pool_timeouts_total").increment(0);
            counter!("partbook_db_retries_total").increment(0);
            counter!("partbook_idempotency_keys_evicted_total").increment(0);
            counter!("partbook_answers_given_up_total").increment(0);
            for entity in registry() {
                counter!("partbook_deletes_refused_total", "entity" => entity.name).increment(0);
            }
        });
        Self { handle: recorder.handle(), process, counted_at: Mutex::new(None) }
    }

    /// Starts collecting, for the whole process. `commit` is the commit that the program was built from.
    ///
    /// # Errors
    /// A recorder is installed already.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    pub fn install(version: &'static str, commit: &'static str) -> Result<Self, SetRecorderError<PrometheusRecorder>> {
        let recorder = Self::recorder();
        let installed = Self::of(&recorder, version, commit);
        metrics::set_global_recorder(recorder)?;
        let upkeep = installed.handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP_INTERVAL).await;
                upkeep.run_upkeep();
            }
        });
        Ok(installed)
    }

    /// The metrics in Prometheus' text format, with the current state of the pool, the bytes of answers that wait for their
    /// readers and of bodies under way, and the row counts.
    pub(crate) async fn render(&self, repository: &Repository, pending_answers: u64, bodies: u64) -> String {
        self.process.collect();
        let PoolState { max, open, in_use } = repository.pool_state();
        gauge!("partbook_db_pool_connections_max").set(max);
        gauge!("partbook_db_pool_connections").set(open);
        gauge!("partbook_db_pool_connections_in_use").set(in_use);
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a double")]
        for (gauge, bytes) in
            [(gauge!("partbook_pending_answer_bytes"), pending_answers), (gauge!("partbook_body_bytes"), bodies)]
        {
            gauge.set(bytes as f64);
        }
        self.count_rows(repository).await;
        self.handle.render()
    }

    /// Counts the rows, unless the last count is recent. If the database is away, the last counts stay.
    async fn count_rows(&self, repository: &Repository) {
        let Ok(mut counted_at) = self.counted_at.try_lock() else { return };
        if counted_at.is_some_and(|at| at.elapsed() < ROW_COUNT_TTL) {
            return;
        }
        let count = async { Ok((repository.row_counts().await?, repository.stored_total().await?)) };
        match timeout(ROW_COUNT_TIMEOUT, count).await {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a double")]
            Ok(Ok((counts, stored))) => {
                for (entity, count) in counts {
                    gauge!("partbook_rows", "entity" => entity.name).set(count as f64);
                }
                gauge!("partbook_idempotency_keys").set(stored.keys as f64);
                gauge!("partbook_idempotency_bytes").set(stored.bytes as f64);
                *counted_at = Some(Instant::now());
            }
            Ok::<Result<_, partbook_repository::Error>, _>(Err(error)) => {
                tracing::debug!(error = error_chain(&error), "the rows could not be counted");
            }
            Err(_) => tracing::debug!("the rows could not be counted in time"),
        }
    }
}

/// Describes each metric for readers of `/metrics`; docs/operations.md says more.
fn describe() {
    describe_counter!("http_requests_total", "Requests answered, by method, route template and status code.");
    describe_histogram!(
        "http_request_duration_seconds",
        Unit::Seconds,
        "Time from a request's headers to the last byte of its answer, by method and route template."
    );
    describe_gauge!("http_requests_in_flight", "Requests being answered.");
    describe_gauge!("partbook_db_pool_connections_max", "The greatest number of database connections.");
    describe_gauge!("partbook_db_pool_connections", "Open database connections.");
    describe_gauge!("partbook_db_pool_connections_in_use", "Database connections at work.");
    describe_histogram!("partbook_db_pool_wait_seconds", Unit::Seconds, "Time waited for a database connection.");
    describe_counter!("partbook_db_pool_timeouts_total", "Requests that got no database connection in time.");
    describe_histogram!(
        "partbook_db_operation_duration_seconds",
        Unit::Seconds,
        "Time of the catalog's operations on the database, waiting for a connection included."
    );
    describe_counter!(
        "partbook_db_operation_errors_total",
        "Operations that failed, by kind: unavailable (the database is away or busy) or internal."
    );
    describe_counter!(
        "partbook_db_retries_total",
        "Writes tried again because another one was in the way: a lock, a deadlock, a busy file."
    );
    describe_counter!(
        "partbook_deletes_refused_total",
        "Deletes refused (409) because the row is in use or must stay."
    );
    describe_gauge!("partbook_rows", "Rows of an entity, counted at most once a minute.");
    describe_gauge!("partbook_pending_answer_bytes", Unit::Bytes, "What answers take up that wait for their readers.");
    describe_gauge!("partbook_body_bytes", Unit::Bytes, "Bodies of requests that are read and worked on.");
    describe_counter!(
        "partbook_answers_given_up_total",
        "Answers given up for others because they took up too much and their readers were the slowest."
    );
    describe_gauge!("partbook_idempotency_keys", "Idempotency keys whose answers are kept, counted with the rows.");
    describe_gauge!("partbook_idempotency_bytes", Unit::Bytes, "What the answers to idempotency keys take up.");
    describe_counter!(
        "partbook_idempotency_keys_evicted_total",
        "Idempotency keys given up before their time because too much was kept."
    );
    describe_gauge!("partbook_schema_version", "The newest migration that the database has.");
    describe_gauge!("partbook_migrations_pending", "Migrations that the database lacks.");
    describe_gauge!("partbook_schema_drift", "In how much the schema differs from what its migrations made.");
    describe_counter!(
        "partbook_migrations_total",
        "Runs of migrations on the database, by how they ended: done or failed."
    );
    describe_gauge!(
        "partbook_backup_last_verified_timestamp_seconds",
        Unit::Seconds,
        "The moment that the latest verified backup shows, seconds since 1970."
    );
    describe_gauge!("partbook_backup_size_bytes", Unit::Bytes, "How large the latest verified backup is.");
    describe_gauge!("partbook_backup_duration_seconds", Unit::Seconds, "How long the latest verified backup took.");
    describe_gauge!(
        "partbook_backup_last_attempt_timestamp_seconds",
        Unit::Seconds,
        "When the last attempt to make a backup began, seconds since 1970."
    );
    describe_gauge!("partbook_backup_last_attempt_failed", "1 when the last attempt to make a backup failed.");
    describe_gauge!("partbook_build_info", "1, labelled with the version and the commit of the program.");
}
