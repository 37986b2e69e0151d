//! One server that is read from: its connections, and whether it may be used now.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::gauge;

use super::standing::ReplicaState;
use crate::pool::{Pool, PoolSettings};
use crate::start_error::StartError;
use crate::url::DatabaseUrl;

/// How far apart connections are replaced that lead to no server that may be used.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(10);

/// One server that is read from.
#[derive(Debug)]
pub(super) struct Replica {
    url: DatabaseUrl,
    settings: PoolSettings,
    /// Host and port, as metrics and the log name it.
    pub(super) name: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// None before the server was reached.
    pool: Option<Pool>,
    /// None before the first look.
    found: Option<ReplicaState>,
    /// What one of its connections was told last.
    replayed: u64,
    /// When its connections were replaced last.
    renewed: Option<Instant>,
}

impl Replica {
    pub(super) fn new(url: DatabaseUrl, settings: PoolSettings) -> Self {
        Self { name: url.place(), url, settings, state: Mutex::default() }
    }

    /// The connections, where there are any.
    pub(super) fn pool(&self) -> Option<Pool> {
        self.lock().pool.clone()
    }

    /// The connections; at first it is found out how they must be.
    pub(super) async fn open(&self) -> Result<Pool, StartError> {
        if let Some(pool) = self.pool() {
            return Ok(pool);
        }
        let pool = Pool::connect(&self.url, &self.settings).await?;
        Ok(self.lock().pool.insert(pool).clone())
    }

    pub(super) fn is_in_use(&self) -> bool {
        self.state() == ReplicaState::InUse
    }

    pub(super) fn state(&self) -> ReplicaState {
        self.lock().found.unwrap_or_default()
    }

    /// How far it is at least.
    pub(super) fn replayed(&self) -> u64 {
        self.lock().replayed
    }

    pub(super) fn note_replayed(&self, replayed: u64) {
        self.lock().replayed = replayed;
    }

    /// Notes whether it may be used; says so where that has changed.
    pub(super) fn note(&self, state: ReplicaState, reason: Option<&str>) {
        let before = self.lock().found.replace(state);
        gauge!("partbook_pg_read_server_in_use", "server" => self.name.clone()).set(if state == ReplicaState::InUse {
            1.0
        } else {
            0.0
        });
        if before == Some(state) {
            return;
        }
        let (server, is) = (&self.name, state.as_str());
        if state == ReplicaState::InUse {
            tracing::info!(server, "replica read from");
        } else {
            tracing::warn!(server, state = is, reason, "replica left out");
        }
    }

    /// Has its connections replaced, from time to time: by a proxy, new ones may lead to a server that may be used.
    pub(super) fn renew(&self) {
        let mut state = self.lock();
        if let Some(pool) = &state.pool
            && state.renewed.is_none_or(|last| last.elapsed() > RENEWAL_INTERVAL)
        {
            pool.target().invalidation.renew();
            state.renewed = Some(Instant::now());
        }
    }

    /// Tells how far it is behind; not a number where nobody knows.
    pub(super) fn tell_lag(&self, lag: Option<Duration>) {
        gauge!("partbook_pg_read_lag_seconds", "server" => self.name.clone())
            .set(lag.map_or(f64::NAN, |lag| lag.as_secs_f64()));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
