//! Connections of which no request has come yet: they are waited for when the service stops, and given up in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

/// How often it is looked whether all have sent a request.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How many connections have sent no request yet.
#[derive(Clone, Default)]
pub(super) struct FirstRequests(Arc<AtomicUsize>);

/// A connection of which no request has come yet.
pub(super) struct AwaitingFirstRequest {
    connections: FirstRequests,
    counted: AtomicBool,
    arrived: Notify,
}

impl FirstRequests {
    /// Counts a connection until its first request has come or it is dropped.
    pub(super) fn expect(&self) -> AwaitingFirstRequest {
        self.0.fetch_add(1, Ordering::Relaxed);
        AwaitingFirstRequest { connections: self.clone(), counted: AtomicBool::new(true), arrived: Notify::new() }
    }

    /// Waits until every connection has sent a request. One that has not would be closed in its client's face.
    pub(super) async fn all_arrived(&self) {
        while self.0.load(Ordering::Relaxed) > 0 {
            sleep(POLL_INTERVAL).await;
        }
    }
}

impl AwaitingFirstRequest {
    /// A request has come.
    pub(super) fn arrive(&self) {
        self.arrived.notify_one();
        self.discount();
    }

    /// Waits for the first request.
    pub(super) async fn wait(&self) {
        self.arrived.notified().await;
    }

    fn discount(&self) {
        if self.counted.swap(false, Ordering::Relaxed) {
            self.connections.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for AwaitingFirstRequest {
    fn drop(&mut self) {
        self.discount();
    }
}
