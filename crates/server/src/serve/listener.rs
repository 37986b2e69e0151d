//! Accepting connections, as many as there may be.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use partbook_http::Peer;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use super::activity::ConnectionTimeouts;
use super::connection::{CLOSE_TIMEOUT, serve_connection};
use super::connections::{Connections, ListenerKind};
use super::service::HttpService;
use super::socket::{Listener, Stream};

/// How many connections are open at once; more wait in the kernel's queue. Below the 1,024 open files that a process
/// commonly may have.
pub(super) const MAX_CONNECTIONS: usize = 900;

/// How often a new connection looks for one that has become idle, when none was.
const ROOM_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// How often the log says that there are as many connections as there may be.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Serves until the task is aborted. Connections are not waited for.
pub(crate) async fn serve_beside(listener: Listener, service: impl HttpService, timeouts: ConnectionTimeouts) {
    accept(listener, service, &Connections::new(ListenerKind::Admin, timeouts), MAX_CONNECTIONS).await;
}

/// Accepts connections and serves HTTP on them until it is dropped.
pub(super) async fn accept(
    listener: Listener,
    service: impl HttpService,
    connections: &Connections,
    max_connections: usize,
) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a double")]
    gauge!("partbook_connections_max").set(max_connections as f64);
    let permits = Arc::new(Semaphore::new(max_connections));
    let mut last_logged: Option<Instant> = None;
    loop {
        let Some((stream, peer)) = next(&listener).await else { continue };
        if permits.available_permits() == 0 && last_logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
            tracing::warn!(connections = max_connections, "connection limit reached");
            last_logged = Some(Instant::now());
        }
        let permit = permit(&permits, connections).await;
        tokio::spawn(serve_connection(stream, peer, service.clone(), connections.open(), permit));
    }
}

/// A permit for one more connection. When there is none, the connection that has been idle for the longest time is closed.
async fn permit(permits: &Arc<Semaphore>, connections: &Connections) -> OwnedSemaphorePermit {
    if let Ok(permit) = permits.clone().try_acquire_owned() {
        return permit;
    }
    loop {
        let patience = if connections.make_room() { CLOSE_TIMEOUT + ROOM_POLL_INTERVAL } else { ROOM_POLL_INTERVAL };
        if let Ok(Ok(permit)) = timeout(patience, permits.clone().acquire_owned()).await {
            return permit;
        }
    }
}

/// Accepts one connection. An error is logged, and does not keep the service from accepting the next.
async fn next(listener: &Listener) -> Option<(Stream, Peer)> {
    match listener.accept().await {
        Ok(accepted) => Some(accepted),
        Err(error) => {
            use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
            if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
                tracing::error!(%error, "cannot accept connections");
                // The usual cause is that no file descriptor is left; one may be free soon.
                sleep(Duration::from_secs(1)).await;
            }
            None
        }
    }
}
