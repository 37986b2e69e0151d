//! Reads from replicas: which servers may answer, and that none shows a client less than it has seen.
//!
//! A standby is asked for its place on the connection that then answers, so that a proxy may choose the server. Nobody waits for a
//! standby: where none is far enough, the primary answers.

mod read;
mod replica;
mod samples;
mod standing;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use metrics::counter;
use sqlx::Postgres;
use tokio::time::timeout;

use self::replica::Replica;
use self::samples::Samples;
pub use self::standing::ReplicaState;
use self::standing::{IDENTITY, Standing};
use crate::connections::Which;
use crate::error::Error;
use crate::lease::Lease;
use crate::pool::{AnyPool, Pool, PoolSettings};
use crate::position::Position;
use crate::url::DatabaseUrl;

/// How long a server has to answer when it is looked at.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a read waits for a connection to a replica, before it goes elsewhere.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);

/// Where the primary is: what it has written, since what it has not yet no standby can have.
const SAMPLE: &str = "concat_ws(' ', pg_walfile_name(pg_current_wal_lsn()), pg_current_wal_lsn())";

/// How replicas are read from.
#[derive(Clone, Copy, Debug)]
pub struct ReplicaSettings {
    /// The greatest number of connections to each.
    pub size: u32,
    /// Whether statements stay prepared between uses.
    pub statement_cache: bool,
    /// How old what one shows may be.
    pub max_lag: Duration,
}

/// The servers that are read from beside the primary. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Replicas(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    all: Vec<Replica>,
    primary: Pool,
    max_lag: Duration,
    known: Mutex<Known>,
    /// Which is tried first by the next read.
    next: AtomicUsize,
}

/// What is known of the primary.
#[derive(Debug, Default)]
struct Known {
    samples: Samples,
    identity: Option<String>,
}

impl Replicas {
    /// The servers of a URL, which is of PostgreSQL. None is used before the first look.
    #[must_use]
    pub fn new(url: &DatabaseUrl, settings: &ReplicaSettings, primary: Pool) -> Self {
        let ReplicaSettings { size, statement_cache, max_lag } = *settings;
        let pool = PoolSettings { size, acquire_timeout: ACQUIRE_TIMEOUT, statement_cache, is_patient: false };
        let all: Vec<Replica> = url.servers().into_iter().map(|url| Replica::new(url, pool)).collect();
        for server in all.iter().map(|replica| replica.name.clone()).chain(["primary".to_owned()]) {
            counter!("partbook_pg_reads_total", "server" => server).increment(0);
        }
        for reason in ["behind", "failed", "none"] {
            counter!("partbook_pg_reads_passed_on_total", "reason" => reason).increment(0);
        }
        let (known, next) = (Mutex::default(), AtomicUsize::new(0));
        Self(Arc::new(Inner { all, primary, max_lag, known, next }))
    }

    /// Whether each may be read from now.
    #[must_use]
    pub fn states(&self) -> Vec<ReplicaState> {
        self.0.all.iter().map(Replica::state).collect()
    }

    /// Looks where the primary is, and whether each of the others may be read from.
    pub async fn look(&self) {
        let asked = Instant::now();
        match timeout(LOOK_TIMEOUT, self.0.primary.text_rows(&format!("select {SAMPLE}, {IDENTITY}"))).await {
            Ok(Ok(rows)) => {
                let row = rows.into_iter().next().unwrap_or_default();
                let position = row.first().and_then(Option::as_deref).and_then(Position::of_primary);
                let mut known = self.known();
                known.identity = row.into_iter().nth(1).flatten();
                if let Some(position) = position {
                    known.samples.note(position, asked);
                }
            }
            Ok(Err(error)) => tracing::debug!(%error, "the primary could not be asked for its place"),
            Err(_) => tracing::debug!("the primary was not asked for its place in time"),
        }
        join_all(self.0.all.iter().map(|replica| self.look_at(replica))).await;
    }

    async fn look_at(&self, replica: &Replica) {
        // Those who use all of its connections see how it is.
        if replica.is_in_use() && replica.pool().is_some_and(|pool| pool.is_exhausted()) {
            return;
        }
        let asked = async {
            let pool = replica.open().await.map_err(|error| error.to_string())?;
            let mut lease = lease(&pool).await.map_err(|error| partbook_telemetry::error_chain(&error))?;
            let standing = Standing::ask(&mut lease).await.map_err(|error| partbook_telemetry::error_chain(&error))?;
            Ok::<_, String>((lease, standing))
        };
        let (state, reason) = match timeout(LOOK_TIMEOUT, asked).await {
            Ok(Ok((lease, standing))) => match standing.and_then(|standing| self.judge(&standing, &lease)) {
                Ok(position) => {
                    replica.note_replayed(position.lsn);
                    replica.tell_lag(self.known().samples.lag(position.lsn, Instant::now()));
                    let is_fresh = self.is_fresh(position.lsn);
                    replica.note(if is_fresh { ReplicaState::InUse } else { ReplicaState::Behind }, None);
                    return;
                }
                Err(state) => {
                    replica.renew();
                    (state, None)
                }
            },
            Ok(Err(reason)) => (ReplicaState::Away, Some(reason)),
            Err(_) => (ReplicaState::Away, Some(format!("no answer within {} s", LOOK_TIMEOUT.as_secs()))),
        };
        replica.tell_lag(None);
        replica.note(state, reason.as_deref());
    }

    /// How far a standby has replayed, where it is a copy of the primary; its connection remembers it.
    fn judge(&self, standing: &Standing, lease: &Lease<Postgres>) -> Result<Position, ReplicaState> {
        let known = self.known();
        let position = standing.of_copy(known.identity.as_deref(), known.samples.timeline())?;
        if let Some(heard) = lease.heard() {
            heard.set(position);
        }
        Ok(position)
    }

    /// Whether what a standby shows that has replayed so far is young enough.
    fn is_fresh(&self, replayed: u64) -> bool {
        self.known().samples.age(replayed, Instant::now()).is_some_and(|age| age <= self.0.max_lag)
    }

    /// The servers that may answer, those first that are known to be far enough.
    fn candidates(&self, floor: Option<Position>) -> Vec<&Replica> {
        let (all, first) = (&self.0.all, self.0.next.fetch_add(1, Ordering::Relaxed));
        let mut candidates: Vec<&Replica> = (0..all.len())
            .map(|index| &all[first.wrapping_add(index) % all.len()])
            .filter(|it| it.is_in_use())
            .collect();
        if let Some(floor) = floor {
            // Nobody but the primary is known to have what another timeline had.
            if self.known().samples.timeline() != Some(floor.timeline) {
                return Vec::new();
            }
            candidates.sort_by_key(|replica| replica.replayed() < floor.lsn);
        }
        candidates
    }

    /// Closes every connection, as soon as each is given back.
    pub async fn close(&self) {
        join_all(self.0.all.iter().filter_map(Replica::pool).map(async |pool| pool.close().await)).await;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection to a replica.
async fn lease(pool: &Pool) -> Result<Lease<Postgres>, Error> {
    match pool.any() {
        AnyPool::Postgres(connections) => Lease::take(connections, Which::Any, pool.target(), Instant::now()).await,
        AnyPool::Sqlite(_) => Err(Error::no_row()),
    }
}
