//! The metrics of the process: collects, describes and renders them (contract section 8).

mod describe;

use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use metrics::{SetRecorderError, counter, gauge};
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

/// What may rise, and has not yet.
const ZERO_COUNTERS: [&str; 6] = [
    "partbook_db_grouped_operations_total",
    "partbook_db_pool_timeouts_total",
    "partbook_db_retries_total",
    "partbook_db_slow_statements_total",
    "partbook_idempotency_keys_evicted_total",
    "partbook_answers_given_up_total",
];

/// What is known of schema and backups before the first look at them, and of what there is none.
const ZERO_GAUGES: [&str; 9] = [
    "partbook_schema_version",
    "partbook_schema_drift",
    "partbook_migrations_pending",
    "partbook_migrations_last_run_failed",
    "partbook_backup_last_verified_timestamp_seconds",
    "partbook_backup_size_bytes",
    "partbook_backup_duration_seconds",
    "partbook_backup_last_attempt_timestamp_seconds",
    "partbook_backup_last_attempt_failed",
];

/// How much of a bounded room is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occupancy {
    /// What is in it, bytes.
    pub(crate) taken: u64,
    /// What fits into it, bytes.
    pub(crate) max: u64,
}

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
            describe::describe();
            gauge!("partbook_build_info", "version" => version, "commit" => commit).set(1.0);
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a double")]
            gauge!("partbook_cpus").set(available_parallelism().map_or(1.0, |cpus| cpus.get() as f64));
            // Counters exist from the start, so that the first event is an increase.
            for name in ZERO_COUNTERS {
                counter!(name).increment(0);
            }
            // The same holds for what is looked at in the background; a query that finds nothing could mean anything.
            for name in ZERO_GAUGES {
                gauge!(name).set(0.0);
            }
            // Of the listener that there always is; it may begin after the first scrape, which the other one answers.
            gauge!("partbook_connections", "listener" => "public").set(0.0);
            for result in ["done", "failed"] {
                counter!("partbook_migrations_total", "result" => result).increment(0);
            }
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

    /// The metrics in Prometheus' text format, with the current state of the pool, the room for answers that wait for their
    /// readers and for bodies under way, and the row counts.
    pub(crate) async fn render(
        &self,
        repository: &Repository,
        pending_answers: Occupancy,
        bodies: Occupancy,
    ) -> String {
        self.process.collect();
        let PoolState { max, open, in_use } = repository.pool_state();
        gauge!("partbook_db_pool_connections_max").set(max);
        gauge!("partbook_db_pool_connections").set(open);
        gauge!("partbook_db_pool_connections_in_use").set(in_use);
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a double")]
        for (gauge, bytes) in [
            (gauge!("partbook_pending_answer_bytes"), pending_answers.taken),
            (gauge!("partbook_pending_answer_bytes_max"), pending_answers.max),
            (gauge!("partbook_body_bytes"), bodies.taken),
            (gauge!("partbook_body_bytes_max"), bodies.max),
        ] {
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
                gauge!("partbook_idempotency_bytes_max").set(stored.max as f64);
                *counted_at = Some(Instant::now());
            }
            Ok::<Result<_, partbook_repository::Error>, _>(Err(error)) => {
                tracing::debug!(error = error_chain(&error), "the rows could not be counted");
            }
            Err(_) => tracing::debug!("the rows could not be counted in time"),
        }
    }
}
