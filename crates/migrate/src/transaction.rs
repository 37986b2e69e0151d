//! What surrounds the statements of a script: a transaction with limits of its own, or on PostgreSQL a session with them.

use partbook_database::{Connection, Dialect, Error, OwnTables};

/// How long a statement waits for a lock on a table that somebody works with, before the migration is tried again.
const LOCK_TIMEOUT: &str = "5s";

/// The same of a statement outside a transaction, which keeps nobody waiting while it waits: an index that is made beside the
/// writers waits for every transaction that is older.
const PATIENT_LOCK_TIMEOUT: &str = "10min";

/// The key of the lock that every script's transaction takes.
const SCRIPT_LOCK: i64 = 0x7061_7274_7363_7270;

/// Begins the transaction of a script. On PostgreSQL two of them run one after the other even if a runner has lost the lock
/// that it holds beside them.
pub(crate) async fn begin(connection: &mut Connection, own: &OwnTables) -> Result<(), Error> {
    match own.dialect() {
        Dialect::Sqlite => connection.execute("begin immediate").await,
        Dialect::Postgres => {
            let begin = format!(
                "begin; set local lock_timeout = '{LOCK_TIMEOUT}'; set local statement_timeout = 0; \
                 set local standard_conforming_strings = on; {}; select pg_advisory_xact_lock({SCRIPT_LOCK})",
                notice_a_killed_runner(true)
            );
            connection.execute(&begin).await?;
            connection.execute(&stay_with_the_catalog(own, true)).await
        }
    }
}

/// Has a session of PostgreSQL's run the statements of a script outside a transaction.
pub(crate) async fn prepare_outside(connection: &mut Connection, own: &OwnTables) -> Result<(), Error> {
    let limits = format!(
        "set lock_timeout = '{PATIENT_LOCK_TIMEOUT}'; set statement_timeout = 0; set standard_conforming_strings = on; \
         {}",
        notice_a_killed_runner(false)
    );
    connection.execute(&limits).await?;
    connection.execute(&stay_with_the_catalog(own, false)).await
}

/// The statement that has PostgreSQL look whether somebody still listens while a statement runs: a runner that is killed would
/// else leave its statement, and its locks, to their end. Where the server's system cannot look, nothing is set.
fn notice_a_killed_runner(is_local: bool) -> String {
    format!(
        "do $notice$ begin perform set_config('client_connection_check_interval', '1s', {is_local}); \
         exception when others then null; end $notice$"
    )
}

/// The statement by which the next tables go where the catalog is, whatever schema comes before it on the path: a role called
/// as our own schema finds that one first.
fn stay_with_the_catalog(own: &OwnTables, is_local: bool) -> String {
    let schema = own.catalog_schema().unwrap_or_default().replace('\'', "''");
    format!("select set_config('search_path', '{schema}, ' || current_setting('search_path'), {is_local})")
}
