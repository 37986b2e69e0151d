//! Serving until a signal comes, and the stop after it.

use std::time::Duration;

use tokio::time::timeout;

use super::activity::ConnectionTimeouts;
use super::connections::{Connections, ListenerKind};
use super::listener::{MAX_CONNECTIONS, accept};
use super::service::HttpService;
use super::signals::ShutdownSignal;
use super::socket::Listener;

/// How long the service goes on accepting connections that the kernel had queued before the stop.
const FINAL_ACCEPT_PERIOD: Duration = Duration::from_millis(20);

/// How long a client that was accepted may then take for its first request.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the phases of a stop take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShutdownTiming {
    /// How long the service goes on serving after it has reported that it is not ready, so that load balancers notice.
    pub(crate) drain_delay: Duration,
    /// How long running requests may take to finish after that.
    pub(crate) shutdown_timeout: Duration,
}

/// Serves until a signal arrives, calls `on_drain`, and stops within `timing`. A second signal stops at once.
pub(crate) async fn serve(
    listener: Listener,
    service: impl HttpService,
    timeouts: ConnectionTimeouts,
    mut signal: ShutdownSignal,
    timing: ShutdownTiming,
    on_drain: impl FnOnce(),
) {
    let connections = Connections::new(ListenerKind::Public, timeouts);
    let mut accepting = Box::pin(accept(listener, service, &connections, MAX_CONNECTIONS));
    tokio::select! {
        () = &mut accepting => {}
        () = signal.requested() => {}
    }
    tracing::info!(open = connections.count(), "stopping");
    on_drain();
    let mut force_stop = Box::pin(signal.requested());
    tokio::select! {
        _ = timeout(timing.drain_delay + FINAL_ACCEPT_PERIOD, &mut accepting) => {}
        () = &mut force_stop => return log_abort("second signal", &connections),
    }
    drop(accepting);
    let finishing = async {
        let _ = timeout(FIRST_REQUEST_TIMEOUT, connections.all_requested()).await;
        timeout(timing.shutdown_timeout, connections.stop()).await.is_ok()
    };
    tokio::select! {
        finished = finishing => if finished {
            tracing::info!("stopped");
        } else {
            log_abort("shutdown timeout", &connections);
        },
        () = force_stop => log_abort("second signal", &connections),
    }
}

/// Says what a stop cut off. Connections on which nothing runs may take as long to close, and lose nothing.
fn log_abort(reason: &str, connections: &Connections) {
    match connections.in_flight() {
        0 => tracing::info!(reason, "stopped"),
        requests => tracing::warn!(reason, requests, "stopped; running requests were cut off"),
    }
}
