//! Serving until a signal comes, and the stop after it.

use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::first_request::FirstRequests;
use super::listener::{HttpService, accept};
use super::signals::ShutdownSignal;

/// How long clients whom the kernel has let in already are still accepted when the service stops.
const FINAL_ACCEPT_PERIOD: Duration = Duration::from_millis(20);

/// How long a client that was let in may then take for its first request.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(1);

/// How a stop goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShutdownTiming {
    /// How long the service goes on after it has said that it is not ready, so that load balancers notice.
    pub(crate) drain_delay: Duration,
    /// How long running requests may take to finish after that.
    pub(crate) shutdown_timeout: Duration,
}

/// Serves until a signal comes, calls `draining`, and stops as `timing` says; a second signal stops at once.
pub(crate) async fn serve(
    listener: TcpListener,
    service: impl HttpService,
    mut signal: ShutdownSignal,
    timing: ShutdownTiming,
    draining: impl FnOnce(),
) {
    let connections = GracefulShutdown::new();
    let first_requests = FirstRequests::default();
    let mut accepting = Box::pin(accept(listener, service, &connections, &first_requests));
    tokio::select! {
        () = &mut accepting => {}
        () = signal.requested() => {}
    }
    tracing::info!(open = connections.count(), "stopping");
    draining();
    let mut force_stop = Box::pin(signal.requested());
    tokio::select! {
        _ = timeout(timing.drain_delay + FINAL_ACCEPT_PERIOD, &mut accepting) => {}
        () = &mut force_stop => return log_abort(),
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
            tracing::warn!("stopped; requests that still ran were cut off");
        },
        () = force_stop => log_abort(),
    }
}

fn log_abort() {
    tracing::warn!("stopped at the second signal; requests that still ran were cut off");
}
