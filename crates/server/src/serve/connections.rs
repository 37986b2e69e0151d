//! The connections that are open: how many, what they do, and which one makes room.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::{Gauge, gauge};
use tokio::sync::watch;
use tokio::time::sleep;

use super::activity::{Activity, ConnectionTimeouts};

/// How often a stop checks whether every connection has sent a request.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Whose connections these are, as the metrics name them.
#[derive(Clone, Copy, Debug)]
pub(super) enum ListenerKind {
    /// The one that clients reach.
    Public,
    /// The one that only operators reach.
    Admin,
}

/// The connections that are open.
pub(super) struct Connections {
    open: Arc<Mutex<HashMap<u64, Arc<Activity>>>>,
    next: AtomicU64,
    timeouts: ConnectionTimeouts,
    stop: watch::Sender<()>,
    /// How many are open.
    gauge: Gauge,
}

/// An open connection, until it is dropped.
pub(super) struct OpenConnection {
    pub(super) activity: Arc<Activity>,
    /// Changes when the connection is asked to finish what runs on it and to close.
    pub(super) stop: watch::Receiver<()>,
    open: Arc<Mutex<HashMap<u64, Arc<Activity>>>>,
    number: u64,
    gauge: Gauge,
}

impl Connections {
    pub(super) fn new(listener: ListenerKind, timeouts: ConnectionTimeouts) -> Self {
        let listener = match listener {
            ListenerKind::Public => "public",
            ListenerKind::Admin => "admin",
        };
        let gauge = gauge!("partbook_connections", "listener" => listener);
        gauge.set(0.0);
        Self { open: Arc::default(), next: AtomicU64::new(0), timeouts, stop: watch::Sender::new(()), gauge }
    }

    pub(super) fn open(&self) -> OpenConnection {
        let activity = Arc::new(Activity::new(self.timeouts));
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.open).insert(number, activity.clone());
        self.gauge.increment(1.0);
        OpenConnection {
            activity,
            stop: self.stop.subscribe(),
            open: self.open.clone(),
            number,
            gauge: self.gauge.clone(),
        }
    }

    pub(super) fn count(&self) -> usize {
        lock(&self.open).len()
    }

    /// How many requests run.
    pub(super) fn in_flight(&self) -> usize {
        lock(&self.open).values().map(|activity| activity.in_flight()).sum()
    }

    /// Has the connection closed that has been without a request for the longest time; false when there is none.
    pub(super) fn make_room(&self) -> bool {
        let oldest = {
            let open = lock(&self.open);
            let idle = open.values().filter_map(|activity| Some((activity.idle_since()?, activity)));
            idle.min_by_key(|(since, _)| *since).map(|(_, activity)| activity.clone())
        };
        oldest.is_some_and(|activity| {
            activity.make_room();
            true
        })
    }

    /// Waits until every connection has sent a request. A graceful stop would close the others without an answer.
    pub(super) async fn all_requested(&self) {
        while lock(&self.open).values().any(|activity| !activity.has_requested()) {
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Has every connection finish what runs on it, and waits until all are closed.
    pub(super) async fn stop(&self) {
        let _ = self.stop.send(());
        self.stop.closed().await;
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        lock(&self.open).remove(&self.number);
        self.gauge.decrement(1.0);
    }
}

fn lock(open: &Mutex<HashMap<u64, Arc<Activity>>>) -> MutexGuard<'_, HashMap<u64, Arc<Activity>>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}
