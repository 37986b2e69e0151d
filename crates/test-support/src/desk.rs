//! Where PostgreSQL databases are created and dropped.
//!
//! Threads of their own do it: tests come and go with their runtimes, and a database is dropped where none may be
//! entered. Nobody waits for a drop. On a server that outlives the tests, what a run left behind is dropped by the next.

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::thread;

use reqwest::Url;
use tokio::runtime;

use crate::cluster::cluster;
use crate::random::random_word;
use crate::sql::Connection;

/// Statements, and where their outcome is awaited.
type Job = (String, SyncSender<Result<(), String>>);

/// How many databases wait to be dropped: the connections of a test that has just ended are closing, and those of a
/// database have to be gone before it is.
const DROPPED_LATER: usize = 8;

/// The name of a database of this run.
pub(crate) fn database_name(of: &str) -> String {
    format!("partbook_test_{}_{of}", run())
}

/// The URL of a database of the cluster.
pub(crate) fn url_of(name: &str) -> Url {
    let mut url = cluster().url.clone();
    url.set_path(name);
    url
}

/// Executes statements, blocking meanwhile.
pub(crate) fn execute(statements: String) -> Result<(), String> {
    static DESK: OnceLock<Sender<Job>> = OnceLock::new();
    let desk = DESK.get_or_init(open);
    let (reply, outcome) = sync_channel(1);
    desk.send((statements, reply)).map_err(|_| "the desk is closed".to_owned())?;
    outcome.recv().map_err(|_| "the desk is closed".to_owned())?
}

/// The word of this run.
fn run() -> &'static str {
    static RUN: OnceLock<String> = OnceLock::new();
    RUN.get_or_init(random_word)
}

fn open() -> Sender<Job> {
    let (sender, jobs) = channel::<Job>();
    with_connection(move |runtime, mut connection| {
        runtime.block_on(tidy(&mut connection));
        for (statements, reply) in jobs {
            let outcome = runtime.block_on(connection.attempt(&statements));
            // Whoever asked may have ended.
            let _ = reply.send(outcome.map_err(|breach| format!("{breach:?} in: {statements}")));
        }
    });
    sender
}

/// Drops a database, and what else belongs to it, some time.
pub(crate) fn drop_later(name: &str, more: String) {
    static JANITOR: OnceLock<Sender<[String; 2]>> = OnceLock::new();
    let janitor = JANITOR.get_or_init(|| {
        let (sender, names) = channel::<[String; 2]>();
        with_connection(move |runtime, mut connection| {
            let mut waiting = VecDeque::new();
            for statements in names {
                waiting.push_back(statements);
                for statement in (waiting.len() > DROPPED_LATER).then(|| waiting.pop_front()).flatten().iter().flatten()
                {
                    // What could not be dropped goes with the throwaway cluster, or with the next run.
                    if let Err(fault) = runtime.block_on(connection.attempt(statement)) {
                        eprintln!("a test database stays behind: {fault:?}");
                    }
                }
            }
        });
        sender
    });
    // When the tests end, so may the janitor.
    let _ = janitor.send([format!("drop database {name} with (force)"), more]);
}

/// Runs something on a thread with a connection to the cluster.
fn with_connection(work: impl FnOnce(runtime::Runtime, Connection) + Send + 'static) {
    // Here, where a panic that there is no cluster reaches the test.
    let url = cluster().url.as_str();
    thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let connection = runtime.block_on(Connection::open(url));
        work(runtime, connection);
    });
}

/// Says that this run is under way, by a lock that ends with its connection, and drops the databases of runs that are not.
async fn tidy(connection: &mut Connection) {
    connection.run(&format!("select pg_advisory_lock(hashtext('{}'))", run())).await;
    let left = "select datname, split_part(datname, '_', 3) from pg_database where datname like 'partbook\\_test\\_%'";
    for row in connection.rows(left).await {
        let [Some(name), Some(run)] = &row[..] else { continue };
        let lock = format!("select pg_try_advisory_lock(hashtext('{run}'))::text");
        if connection.value(&lock).await.as_deref() == Some("true") {
            // Another run may be quicker.
            let _ = connection.attempt(&format!("drop database if exists {name}")).await;
            connection.run(&format!("select pg_advisory_unlock(hashtext('{run}'))")).await;
        }
    }
}
