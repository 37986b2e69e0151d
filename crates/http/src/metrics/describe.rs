//! What each metric means, for readers of `/metrics`.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Describes each metric for readers of `/metrics`; docs/operations.md says more.
pub(super) fn describe() {
    describe_counter!("http_requests_total", "Requests answered, by method, route template and status code.");
    describe_histogram!(
        "http_request_duration_seconds",
        Unit::Seconds,
        "Time from a request's headers to the last byte of its answer, by method and route template."
    );
    describe_gauge!("http_requests_in_flight", "Requests being answered.");
    describe_gauge!("partbook_connections", "Open connections of clients, by the listener that they came to.");
    describe_gauge!("partbook_connections_max", "The greatest number of connections to a listener.");
    describe_gauge!("partbook_db_pool_connections_max", "The greatest number of database connections.");
    describe_gauge!("partbook_db_pool_connections", "Open database connections.");
    describe_gauge!("partbook_db_pool_connections_in_use", "Database connections at work.");
    describe_histogram!("partbook_db_pool_wait_seconds", Unit::Seconds, "Time waited for a database connection.");
    describe_counter!("partbook_db_pool_timeouts_total", "Requests that got no database connection in time.");
    describe_counter!("partbook_db_slow_statements_total", "Statements that took longer than a second.");
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
        "partbook_db_grouped_operations_total",
        "Operations that shared a statement or a transaction with others that came at the same time."
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
    describe_gauge!("partbook_pending_answer_bytes_max", Unit::Bytes, "How much such answers may take up.");
    describe_gauge!("partbook_body_bytes", Unit::Bytes, "Bodies of requests that are read and worked on.");
    describe_gauge!("partbook_body_bytes_max", Unit::Bytes, "How much bodies may take up.");
    describe_counter!(
        "partbook_answers_given_up_total",
        "Answers given up for others because they took up too much and their readers were the slowest."
    );
    describe_gauge!("partbook_idempotency_keys", "Idempotency keys whose answers are kept, counted with the rows.");
    describe_gauge!("partbook_idempotency_bytes", Unit::Bytes, "What the answers to idempotency keys take up.");
    describe_gauge!("partbook_idempotency_bytes_max", Unit::Bytes, "How much those answers may take up.");
    describe_counter!(
        "partbook_idempotency_keys_evicted_total",
        "Idempotency keys given up before their time because too much was kept."
    );
    describe_gauge!("partbook_schema_version", "The newest migration that the database has; 0 on a legacy database.");
    describe_gauge!("partbook_migrations_pending", "Migrations that the database lacks.");
    describe_gauge!("partbook_schema_drift", "In how much the schema differs from what its migrations made.");
    describe_counter!(
        "partbook_migrations_total",
        "Runs of migrations on the database, by how they ended: done or failed."
    );
    describe_gauge!(
        "partbook_migrations_last_run_failed",
        "1 when the latest run of migrations that ended has failed."
    );
    describe_gauge!(
        "partbook_backup_last_verified_timestamp_seconds",
        Unit::Seconds,
        "The moment that the latest verified backup shows, seconds since 1970; 0 where there is none."
    );
    describe_gauge!("partbook_backup_size_bytes", Unit::Bytes, "How large the latest verified backup is.");
    describe_gauge!("partbook_backup_duration_seconds", Unit::Seconds, "How long the latest verified backup took.");
    describe_gauge!(
        "partbook_backup_last_attempt_timestamp_seconds",
        Unit::Seconds,
        "When the last attempt to make a backup began, seconds since 1970; 0 where there was none."
    );
    describe_gauge!("partbook_backup_last_attempt_failed", "1 when the last attempt to make a backup failed.");
    describe_gauge!("partbook_pg_standbys", "How many standbys follow the PostgreSQL server.");
    describe_gauge!(
        "partbook_pg_replication_lag_seconds",
        Unit::Seconds,
        "How far the last standby is behind, or the server itself where it is one; not a number where the role may not know."
    );
    describe_gauge!(
        "partbook_pg_read_lag_seconds",
        Unit::Seconds,
        "For how long a server that is read from lacks what the primary has; not a number where nobody knows."
    );
    describe_gauge!(
        "partbook_pg_read_server_in_use",
        "1 where a server of DATABASE_READ_URL is read from, 0 where not."
    );
    describe_counter!("partbook_pg_reads_total", "Queries of reads, by the server that answered or `primary`.");
    describe_counter!(
        "partbook_pg_reads_passed_on_total",
        "Queries of reads that went to the primary: no replica was far enough (behind), could answer (failed), or was in use (none)."
    );
    describe_gauge!("partbook_build_info", "1, labelled with the version and the commit of the program.");
    describe_gauge!("partbook_cpus", "How many processors the process may use.");
}
