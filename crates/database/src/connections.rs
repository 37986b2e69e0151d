//! The connections that there are: idle ones, those on loan, and room for more.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sqlx::Connection as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant as Deadline, sleep, timeout, timeout_at};

use crate::connect::open::Peer;
use crate::driver::Driver;
use crate::error::is_of_connection;
use crate::invalidation::Invalidation;

/// How often a request that waits for a new connection looks for one that was given back meanwhile.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// After how long without use a connection is tried before a request gets it: a server that was restarted would else fail
/// one request for each connection of the pool.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);

/// How long a connection that is tried before its use has to answer: one whose packets go nowhere would take the whole time that
/// a request has.
const PING_TIMEOUT: Duration = Duration::from_millis(500);

/// How long to wait before a server is tried again that cannot be reached: at first, and at most.
const FIRST_BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_millis(250);

/// How the connections are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keeping {
    pub(crate) size: u32,
    pub(crate) acquire_timeout: Duration,
    /// How long connections to a server are kept, of which an idle one may be lost; none where there is no server.
    pub(crate) remote: Option<Lifetime>,
    /// Whether a server that cannot be reached is tried again until the time is over.
    pub(crate) is_patient: bool,
}

/// How long connections to a server are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetime {
    /// After how long one is replaced.
    pub(crate) max: Duration,
    /// After how long without use one is closed.
    pub(crate) idle: Duration,
}

impl Default for Lifetime {
    fn default() -> Self {
        Self { max: Duration::from_mins(30), idle: Duration::from_mins(10) }
    }
}

/// Into how many parts the time of an idle connection is divided by looks whether it is over.
const IDLE_LOOKS: u32 = 10;

/// Which connection is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Whichever is there first.
    Any,
    /// One that is opened now, and not to a standby: what an idle one remembers may be what was in the way.
    Writable,
}

/// The connections that there are. Cloning shares them.
pub(crate) struct Connections<DB: Driver>(Arc<Shared<DB>>);

struct Shared<DB: Driver> {
    opener: DB::Opener,
    keeping: Keeping,
    invalidation: Invalidation,
    /// One for each connection that is on loan or being opened.
    permits: Arc<Semaphore>,
    idle: Mutex<VecDeque<Idle<DB>>>,
    open: AtomicU32,
}

struct Idle<DB: Driver> {
    connection: DB::Connection,
    peer: Option<Arc<Peer>>,
    opened: Instant,
    since: Instant,
}

/// A connection on loan. Dropped without [`Self::give_back`], it is cut.
pub(crate) struct Loan<DB: Driver> {
    /// None once it is gone.
    connection: Option<DB::Connection>,
    peer: Option<Arc<Peer>>,
    opened: Instant,
    pool: Arc<Shared<DB>>,
    _permit: OwnedSemaphorePermit,
}

impl<DB: Driver> Connections<DB> {
    pub(crate) fn new(opener: DB::Opener, keeping: Keeping, invalidation: Invalidation) -> Self {
        let permits = Arc::new(Semaphore::new(keeping.size as usize));
        let idle = Mutex::default();
        let shared = Arc::new(Shared { opener, keeping, invalidation, permits, idle, open: AtomicU32::new(0) });
        if let Some(lifetime) = keeping.remote {
            tokio::spawn(close_idle(Arc::downgrade(&shared), lifetime.idle / IDLE_LOOKS));
        }
        Self(shared)
    }

    pub(crate) fn opener(&self) -> &DB::Opener {
        &self.0.opener
    }

    pub(crate) fn size(&self) -> u32 {
        self.0.keeping.size
    }

    /// How many connections are open, and how many of them idle.
    pub(crate) fn state(&self) -> (u32, u32) {
        let idle = u32::try_from(self.0.idle().len()).unwrap_or(u32::MAX);
        (self.0.open.load(Ordering::Relaxed).max(idle), idle)
    }

    /// Takes a connection, an idle one or a new one, whichever is there first, or a new one for a write; all of it within one time
    /// limit. Where the server cannot be reached, it is tried again until then.
    pub(crate) async fn take(&self, which: Which) -> Result<Loan<DB>, sqlx::Error> {
        let deadline = Deadline::now() + self.0.keeping.acquire_timeout;
        let permit = match timeout_at(deadline, self.0.permits.clone().acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(sqlx::Error::PoolClosed),
            Err(_) => return Err(sqlx::Error::PoolTimedOut),
        };
        if which == Which::Writable {
            self.0.make_room();
        } else if let Some(idle) = self.0.take_idle().await {
            return Ok(self.0.lend(idle, permit));
        }
        let mut opening = std::pin::pin!(self.0.open_until(which, deadline));
        let idle = loop {
            tokio::select! {
                biased;
                opened = &mut opening => break opened?,
                () = sleep(LOOK_INTERVAL), if which == Which::Any => if let Some(idle) = self.0.take_idle().await {
                    break idle;
                }
            }
        };
        Ok(self.0.lend(idle, permit))
    }

    /// Closes every connection, as soon as each is given back.
    pub(crate) async fn close(&self) {
        // Closed for new ones only when all are back: who waits already is told so at once.
        let all = self.0.permits.clone().acquire_many_owned(self.0.keeping.size);
        let all = all.await;
        self.0.permits.close();
        drop(all);
        loop {
            let Some(idle) = self.0.idle().pop_front() else { return };
            self.0.open.fetch_sub(1, Ordering::Relaxed);
            drop(idle.connection.close().await);
        }
    }
}

/// Closes idle connections whose time is over, as long as there is the pool.
async fn close_idle<DB: Driver>(pool: Weak<Shared<DB>>, interval: Duration) {
    loop {
        sleep(interval).await;
        let Some(pool) = pool.upgrade() else { return };
        for idle in pool.take_expired() {
            drop(timeout(PING_TIMEOUT, idle.connection.close()).await);
        }
    }
}

impl<DB: Driver> Shared<DB> {
    fn idle(&self) -> MutexGuard<'_, VecDeque<Idle<DB>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lend(self: &Arc<Self>, idle: Idle<DB>, permit: OwnedSemaphorePermit) -> Loan<DB> {
        let Idle { connection, peer, opened, .. } = idle;
        Loan { connection: Some(connection), peer, opened, pool: self.clone(), _permit: permit }
    }

    /// Closes an idle connection if a new one would be one too many.
    fn make_room(&self) {
        if self.open.load(Ordering::Relaxed) >= self.keeping.size && self.idle().pop_front().is_some() {
            self.open.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The idle connections whose time is over.
    fn take_expired(&self) -> Vec<Idle<DB>> {
        let mut expired = Vec::new();
        let mut all = self.idle();
        for idle in std::mem::take(&mut *all) {
            if self.is_expired(&idle) {
                self.open.fetch_sub(1, Ordering::Relaxed);
                expired.push(idle);
            } else {
                all.push_back(idle);
            }
        }
        expired
    }

    fn is_expired(&self, idle: &Idle<DB>) -> bool {
        self.keeping
            .remote
            .is_some_and(|lifetime| idle.opened.elapsed() > lifetime.max || idle.since.elapsed() > lifetime.idle)
    }

    /// An idle connection that may be used: the one that was used last, so that those which nobody needs grow old.
    async fn take_idle(&self) -> Option<Idle<DB>> {
        loop {
            let mut idle = self.idle().pop_back()?;
            match self.try_out(&mut idle).await {
                Ok(()) => return Some(idle),
                Err(is_silent) => {
                    self.open.fetch_sub(1, Ordering::Relaxed);
                    drop(idle);
                    if is_silent {
                        // A relay that forgets quiet connections has forgotten the others, too: they are not tried in turn.
                        self.invalidation.replace_all("no answer");
                    }
                }
            }
        }
    }

    /// Whether an idle connection is still good; if not, whether nobody answered.
    async fn try_out(&self, idle: &mut Idle<DB>) -> Result<(), bool> {
        let is_remote = self.keeping.remote.is_some();
        if self.is_expired(idle) || !self.invalidation.accepts(idle.opened) {
            return Err(false);
        }
        if !is_remote || (idle.since.elapsed() < PING_AFTER_IDLE && !self.invalidation.doubts(idle.since)) {
            return Ok(());
        }
        match timeout(PING_TIMEOUT, idle.connection.ping()).await {
            Ok(answer) => answer.map_err(|_| false),
            Err(_) => Err(true),
        }
    }

    /// Opens a connection; tries again until the time is over where that may help.
    async fn open_until(&self, which: Which, deadline: Deadline) -> Result<Idle<DB>, sqlx::Error> {
        let (mut backoff, mut last) = (FIRST_BACKOFF, None);
        loop {
            let begun = Instant::now();
            match timeout_at(deadline, DB::open(&self.opener)).await {
                Ok(Ok((connection, Some(peer)))) if which == Which::Writable && peer.is_standby => {
                    drop(timeout_at(deadline, connection.close()).await);
                    last = Some(sqlx::Error::Io(io::Error::other("the server is a standby")));
                }
                Ok(Ok((connection, peer))) => {
                    self.open.fetch_add(1, Ordering::Relaxed);
                    return Ok(Idle { connection, peer, opened: begun, since: begun });
                }
                Ok(Err(error)) if self.keeping.is_patient && may_pass(&error) => last = Some(error),
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(last.unwrap_or(sqlx::Error::PoolTimedOut)),
            }
            if timeout_at(deadline, sleep(backoff)).await.is_err() {
                return Err(last.unwrap_or(sqlx::Error::PoolTimedOut));
            }
            backoff = (backoff * 2).min(MAX_BACKOFF);
        }
    }
}

/// Whether a connection that could not be opened may be had in a moment.
fn may_pass(error: &sqlx::Error) -> bool {
    // too_many_connections
    is_of_connection(error) || error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("53300"))
}

impl<DB: Driver> Loan<DB> {
    pub(crate) fn peer(&self) -> Option<&Arc<Peer>> {
        self.peer.as_ref()
    }

    /// Whether the connection was opened after all that makes connections useless.
    pub(crate) fn is_accepted(&self) -> bool {
        self.pool.invalidation.accepts(self.opened)
    }

    /// Takes the connection out of the pool, for good.
    pub(crate) fn detach(mut self) -> DB::Connection {
        let connection = self.connection.take().expect("a connection that is not gone");
        self.pool.open.fetch_sub(1, Ordering::Relaxed);
        connection
    }

    /// Gives the connection back once it has answered that nothing is unfinished on it, or closes it.
    pub(crate) async fn give_back(mut self, deadline: Deadline) {
        let is_wanted = self.is_wanted();
        let connection: &mut DB::Connection = &mut self;
        if is_wanted && matches!(timeout_at(deadline, connection.ping()).await, Ok(Ok(()))) {
            self.keep();
        } else {
            let _ = timeout_at(deadline, self.detach().close()).await;
        }
    }

    /// Gives a connection back at once that has answered all it was asked.
    ///
    /// # Errors
    /// It is to be closed instead: here it is again.
    pub(crate) fn give_back_answered(self) -> Result<(), Self> {
        if !self.is_wanted() {
            return Err(self);
        }
        self.keep();
        Ok(())
    }

    fn is_wanted(&self) -> bool {
        self.is_accepted() && !self.pool.permits.is_closed()
    }

    fn keep(mut self) {
        let (peer, opened) = (self.peer.take(), self.opened);
        let connection = self.connection.take().expect("a connection that is not gone");
        self.pool.idle().push_back(Idle { connection, peer, opened, since: Instant::now() });
    }
}

impl<DB: Driver> Deref for Loan<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        self.connection.as_ref().expect("a connection that is not gone")
    }
}

impl<DB: Driver> DerefMut for Loan<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        self.connection.as_mut().expect("a connection that is not gone")
    }
}

impl<DB: Driver> Drop for Loan<DB> {
    fn drop(&mut self) {
        if self.connection.is_some() {
            self.pool.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl<DB: Driver> Clone for Connections<DB> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<DB: Driver> fmt::Debug for Connections<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("keeping", &self.0.keeping).finish_non_exhaustive()
    }
}
