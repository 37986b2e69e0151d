//! Whether a server still works on what was sent to it. Where its packets go nowhere, or a proxy holds a session that is served
//! no more, no answer ever comes, and none that says so.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::stream::{BoxStream, StreamExt as _};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::connect::open::{Peer, is_silence, is_without_server};
use crate::error::Error;

/// How long a statement may take before the server is asked for it: longer than one waits for a lock.
const ASK_AFTER: Duration = Duration::from_secs(3);

/// How far apart the server is asked again, and how long an answer holds for other statements.
const ASK_INTERVAL: Duration = Duration::from_secs(1);

/// How long the server has to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// After how many answers that speak against it a statement is given up.
const MAX_MISSES: usize = 2;

/// The processes that serve sessions of ours.
const BACKENDS: &str = "select pid || ' ' || backend_start from pg_stat_activity where usename = current_user";

/// Asks servers for the sessions that they serve. Cloning shares the answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse(Arc<Mutex<Option<(PgConnectOptions, Instant, Answer)>>>);

/// What a server answers.
#[derive(Clone, Debug)]
enum Answer {
    /// Nothing, in time, or that there is no server behind a pooler.
    None,
    /// Something else than what was asked for.
    Other,
    /// The processes that serve sessions.
    Backends(HashSet<String>),
}

/// One connection, and whether it is heard of.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pulse: Pulse,
    peer: Arc<Peer>,
    is_useless: Arc<AtomicBool>,
}

impl Watch {
    pub(crate) fn new(pulse: &Pulse, peer: &Arc<Peer>) -> Self {
        Self { pulse: pulse.clone(), peer: peer.clone(), is_useless: Arc::default() }
    }

    /// Whether the connection is of no use: a statement on it was given up, or would be refused again.
    pub(crate) fn is_useless(&self) -> bool {
        self.is_useless.load(Ordering::Acquire)
    }

    fn note(&self, error: &Error) {
        if error.poisons_connection().is_some() {
            self.is_useless.store(true, Ordering::Release);
        }
    }

    /// Ends when the server works on the statement no more that was sent just now.
    async fn lost(&self) {
        sleep(ASK_AFTER).await;
        let mut misses = 0;
        loop {
            let speaks_against = match (Box::pin(self.pulse.ask(&self.peer.options)).await, &self.peer.backend) {
                (Answer::None, _) => true,
                (Answer::Backends(there), Some(backend)) => !there.contains(backend),
                (Answer::Other | Answer::Backends(_), _) => false,
            };
            misses = if speaks_against { misses + 1 } else { 0 };
            if misses == MAX_MISSES {
                self.is_useless.store(true, Ordering::Release);
                return;
            }
            sleep(ASK_INTERVAL).await;
        }
    }
}

/// Waits for what a driver does, as long as the server works on it.
pub(crate) async fn heard<T>(
    watch: Option<Watch>,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let Some(watch) = watch else { return work.await };
    tokio::select! {
        biased;
        done = work => done,
        () = watch.lost() => Err(unheard()),
    }
}

/// The same for rows.
pub(crate) fn heard_rows<'a, T: Send + 'a>(
    watch: Option<Watch>,
    mut rows: BoxStream<'a, Result<T, Error>>,
) -> BoxStream<'a, Result<T, Error>> {
    let Some(watch) = watch else { return rows };
    let heard = async_stream::stream! {
        loop {
            let next = tokio::select! {
                biased;
                next = rows.next() => next,
                () = watch.lost() => Some(Err(unheard().into())),
            };
            match next {
                None => break,
                Some(Ok(row)) => yield Ok(row),
                Some(Err(error)) => {
                    watch.note(&error);
                    yield Err(error);
                    break;
                }
            }
        }
    };
    heard.boxed()
}

fn unheard() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "the server works on the statement no more"))
}

impl Pulse {
    /// What a server answers, or has answered just now. Statements that wait together ask once.
    async fn ask(&self, options: &PgConnectOptions) -> Answer {
        let mut last = self.0.lock().await;
        if let Some((of, at, answer)) = &*last
            && at.elapsed() < ASK_INTERVAL
            && (of.get_host(), of.get_port()) == (options.get_host(), options.get_port())
        {
            return answer.clone();
        }
        let answer = match timeout(ANSWER_TIMEOUT, backends(options)).await {
            Ok(Ok(there)) => Answer::Backends(there),
            Ok(Err(error)) if !is_silence(&error) && !is_without_server(&error) => Answer::Other,
            Ok(Err(_)) | Err(_) => Answer::None,
        };
        *last = Some((options.clone(), Instant::now(), answer.clone()));
        answer
    }
}

async fn backends(options: &PgConnectOptions) -> Result<HashSet<String>, sqlx::Error> {
    let mut connection = options.connect().await?;
    #[expect(clippy::disallowed_methods, reason = "a question about connections, which no request sends")]
    let rows = sqlx::raw_sql(BACKENDS).fetch_all(&mut connection).await?;
    drop(connection.close().await);
    rows.iter().map(|row| row.try_get::<Option<String>, _>(0)).filter_map(Result::transpose).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::empty_pooler;

    // What was sent waits in the pooler, and may do so for minutes.
    #[tokio::test]
    async fn a_pooler_without_a_server_works_on_nothing() {
        let pooler = empty_pooler::start().await;
        let options = format!("postgres://u@{pooler}/d?sslmode=disable").parse().unwrap();
        assert!(matches!(Pulse::default().ask(&options).await, Answer::None));
    }
}
