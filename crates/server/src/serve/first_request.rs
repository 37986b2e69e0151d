//! Connections that have not sent a request yet. A stop waits for them, and each has a limited time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

/// How often a stop checks whether every connection has sent a request.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Counts the connections that have not sent a request yet.
#[derive(Clone, Default)]
pub(super) struct FirstRequests(Arc<AtomicUsize>);

/// A connection that has not sent a request yet.
pub(super) struct AwaitingFirstRequest {
    connections: FirstRequests,
    counted: AtomicBool,
    arrived: Notify,
}

impl FirstRequests {
    /// Counts a connection until its first request has arrived or the connection is dropped.
    pub(super) fn expect(&self) -> AwaitingFirstRequest {
        self.0.fetch_add(1, Ordering::Relaxed);
        AwaitingFirstRequest { connections: self.clone(), counted: AtomicBool::new(true), arrived: Notify::new() }
    }

    /// Waits until every connection has sent a request. A graceful stop would close the others without an answer.
    pub(super) async fn all_arrived(&self) {
        while self.0.load(Ordering::Relaxed) > 0 {
            sleep(POLL_INTERVAL).await;
        }
    }
}

impl AwaitingFirstRequest {
    /// Records that a request has arrived.
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
