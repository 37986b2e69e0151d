//! Serving until a signal comes, and the stop after it.

use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::first_request::FirstRequests;
use super::listener::{HttpService, accept};
use super::signals::ShutdownSignal;

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
    listener: TcpListener,
    service: impl HttpService,
    mut signal: ShutdownSignal,
    timing: ShutdownTiming,
    on_drain: impl FnOnce(),
) {
    let connections = GracefulShutdown::new();
    let first_requests = FirstRequests::default();
    let mut accepting = Box::pin(accept(listener, service, &connections, &first_requests));
    tokio::select! {
        () = &mut accepting => {}
        () = signal.requested() => {}
    }
    tracing::info!(open = connections.count(), "stopping");
    on_drain();
    let mut force_stop = Box::pin(signal.requested());
    tokio::select! {
        _ = timeout(timing.drain_delay + FINAL_ACCEPT_PERIOD, &mut accepting) => {}
        () = &mut force_stop => return log_abort("second signal"),
    }
    drop(accepting);
    let finishing = async {
        let _ = timeout(FIRST_REQUEST_TIMEOUT, first_requests.all_arrived()).await;
        timeout(timing.shutdown_timeout, connections.shutdown()).await.is_ok()
    };
    tokio::select! {
        finished = finishing => if finished {
            tracing::info!("stopped");
        } else {
            log_abort("shutdown timeout");
        },
        () = force_stop => log_abort("second signal"),
    }
}

fn log_abort(reason: &str) {
    tracing::warn!(reason, "stopped; running requests were cut off");
}
