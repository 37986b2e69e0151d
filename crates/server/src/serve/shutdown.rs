//! Serving until a signal comes, and the stop after it.

use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::first_request::FirstRequests;
use super::listener::{HttpService, accept};
use super::signals::Stop;

/// How long clients whom the kernel has let in already are still accepted when the service stops.
const LAST_ACCEPTS: Duration = Duration::from_millis(20);

/// How long a client that was let in may then take for its first request.
const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// How a stop goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    /// How long the service goes on after it has said that it is not ready, so that load balancers notice.
    pub(crate) delay: Duration,
    /// How long running requests may take to finish after that.
    pub(crate) grace: Duration,
}

/// Serves until a signal comes, calls `draining`, and stops as `drain` says; a second signal stops at once.
pub(crate) async fn serve(
    listener: TcpListener,
    service: impl HttpService,
    mut stop: Stop,
    drain: Drain,
    draining: impl FnOnce(),
) {
    let connections = GracefulShutdown::new();
    let unheard = FirstRequests::default();
    let mut accepting = Box::pin(accept(listener, service, &connections, &unheard));
    tokio::select! {
        () = &mut accepting => {}
        () = stop.requested() => {}
    }
    tracing::info!(open = connections.count(), "stopping");
    draining();
    let mut hurry = Box::pin(stop.requested());
    tokio::select! {
        _ = timeout(drain.delay + LAST_ACCEPTS, &mut accepting) => {}
        () = &mut hurry => return cut_off(),
    }
    drop(accepting);
    let finishing = async {
        let _ = timeout(FIRST_REQUEST, unheard.heard()).await;
        timeout(drain.grace, connections.shutdown()).await.is_ok()
    };
    tokio::select! {
        finished = finishing => if finished {
            tracing::info!("stopped");
        } else {
            tracing::warn!("stopped; requests that still ran were cut off");
        },
        () = hurry => cut_off(),
    }
}

fn cut_off() {
    tracing::warn!("stopped at the second signal; requests that still ran were cut off");
}
