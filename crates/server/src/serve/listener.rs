//! Accepting connections and serving HTTP on them.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tower::{Service, ServiceExt as _};

use super::first_request::{AwaitingFirstRequest, FirstRequests};

/// How long a client may take until its first request has arrived, and then for the headers of each request. An idle
/// connection is closed after this time, too.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may read nothing of an answer that waits for it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How many connections are open at once; more wait in the kernel's queue. Below the 1,024 open files that a process
/// commonly may have.
const MAX_CONNECTIONS: usize = 900;

/// How many requests of one HTTP/2 connection are served at once.
const MAX_STREAMS: u32 = 100;

/// How often the service pings an HTTP/2 client.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// How long an HTTP/2 client may take to answer a ping.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// A service that answers HTTP requests, such as a router.
pub(crate) trait HttpService:
    Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> HttpService for S where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

/// Serves until the task is aborted. Connections are not waited for.
pub(crate) async fn serve_beside(listener: TcpListener, service: impl HttpService) {
    accept(listener, service, &GracefulShutdown::new(), &FirstRequests::default()).await;
}

/// Accepts connections and serves HTTP on them until it is dropped. `connections` then shuts down those that are open.
pub(super) async fn accept(
    listener: TcpListener,
    service: impl HttpService,
    connections: &GracefulShutdown,
    first_requests: &FirstRequests,
) {
    let protocol = protocol();
    let connection_permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        if connection_permits.available_permits() == 0 {
            tracing::warn!(connections = MAX_CONNECTIONS, "connection limit reached");
        }
        let Ok(permit) = connection_permits.clone().acquire_owned().await else { return };
        let Some(stream) = next(&listener).await else { continue };
        let first = Arc::new(first_requests.expect());
        let (service, seen) = (service.clone(), first.clone());
        let answer = service_fn(move |request| {
            seen.arrive();
            service.clone().oneshot(request)
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        let connection = protocol.serve_connection(TokioIo::new(Box::pin(stream)), answer).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            let _permit = permit;
            tokio::select! {
                outcome = connection => {
                    if let Err(error) = outcome {
                        tracing::debug!(%error, "connection ended");
                    }
                }
                () = first_request_timeout(&first) => tracing::debug!("connection closed without a request"),
            }
        });
    }
}

/// Accepts one connection. An error is logged, and does not keep the service from accepting the next.
async fn next(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept().await {
        Ok((stream, _)) => {
            // Answers are written whole, so waiting to fill packets would only delay them.
            stream.set_nodelay(true).ok()?;
            Some(stream)
        }
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

/// Ends when no first request arrives in time. (hyper's own timer starts only when it knows the version of HTTP.)
async fn first_request_timeout(first: &AwaitingFirstRequest) {
    if timeout(HEADER_TIMEOUT, first.wait()).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

fn protocol() -> auto::Builder<TokioExecutor> {
    let mut protocol = auto::Builder::new(TokioExecutor::new());
    protocol.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
    protocol
}
