//! Accepting connections and serving HTTP on them, until asked to stop.
//!
//! The loop is our own because `axum::serve` sets no limits: not on the time a client takes for its headers, not on the
//! number of connections, not on how long a stop may take.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tower::{Service, ServiceExt};

/// How long a client may take until its first request has come, and for the headers of each; an idle connection is
/// closed after this time too.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take nothing of an answer that is waiting for it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How many connections are open at once; more wait in the kernel's queue. Below the 1,024 open files that a process
/// commonly may have.
const MAX_CONNECTIONS: usize = 900;

/// How many connections wait in the kernel's queue.
const BACKLOG: u32 = 1024;

/// How many requests of one HTTP/2 connection are served at once.
const MAX_STREAMS: u32 = 100;

/// How long clients whom the kernel has let in already are still accepted when the service stops.
const LAST_ACCEPTS: Duration = Duration::from_millis(20);

/// How long a client that was let in may then take for its first request.
const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// How often an HTTP/2 client is asked whether it is still there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(20);

/// An address that is ours, on which nobody is let in yet.
pub(crate) struct Reserved {
    socket: TcpSocket,
    /// As it was asked for.
    address: String,
}

impl Reserved {
    /// Takes `host:port`; port 0 is any free one.
    ///
    /// # Errors
    /// One line: the host is unknown, the address is in use or not allowed.
    pub(crate) async fn bind(address: &str) -> Result<Self, String> {
        let mut outcome = Err(format!("cannot listen on {address}: the host has no address"));
        for found in lookup_host(address).await.map_err(|error| no_listening(address, &error))? {
            match Self::bind_to(found) {
                Ok(socket) => return Ok(Self { socket, address: address.to_owned() }),
                Err(error) => outcome = Err(no_listening(address, &error)),
            }
        }
        outcome
    }

    fn bind_to(address: SocketAddr) -> io::Result<TcpSocket> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Else the port could not be taken for a minute after a stop.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    }

    /// Lets clients in.
    ///
    /// # Errors
    /// One line: the operating system refuses; mostly because another program was faster.
    pub(crate) fn listen(self) -> Result<TcpListener, String> {
        self.socket.listen(BACKLOG).map_err(|error| no_listening(&self.address, &error))
    }
}

fn no_listening(address: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("cannot listen on {address}: another program listens there already; choose another port")
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}

/// The signals that ask the process to end.
pub(crate) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Takes the signals over.
    ///
    /// # Errors
    /// The operating system refuses.
    pub(crate) fn install() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for SIGTERM or SIGINT.
    pub(crate) async fn requested(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// How a stop goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    /// How long the service goes on after it has said that it is not ready, so that load balancers notice.
    pub(crate) delay: Duration,
    /// How long running requests may take to finish after that.
    pub(crate) grace: Duration,
}

/// Serves until a signal comes, calls `draining`, and stops as `drain` says; a second signal stops at once.
pub(crate) async fn serve<S>(listener: TcpListener, service: S, mut stop: Stop, drain: Drain, draining: impl FnOnce())
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let connections = GracefulShutdown::new();
    let unheard = Arc::new(AtomicUsize::new(0));
    let mut accepting = Box::pin(accept(listener, service, &connections, unheard.clone()));
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
        let _ = timeout(FIRST_REQUEST, heard(&unheard)).await;
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

/// Waits until every connection has sent a request. One that has not would be closed in its client's face.
async fn heard(unheard: &AtomicUsize) {
    while unheard.load(Ordering::Relaxed) > 0 {
        sleep(LAST_ACCEPTS).await;
    }
}

/// A connection of which no request has come yet.
struct Unheard {
    count: Arc<AtomicUsize>,
    counted: AtomicBool,
}

impl Unheard {
    fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self { count, counted: AtomicBool::new(true) }
    }

    /// A request has come.
    fn end(&self) {
        if self.counted.swap(false, Ordering::Relaxed) {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Unheard {
    fn drop(&mut self) {
        self.end();
    }
}

/// Serves beside [`serve`], until the process ends.
pub(crate) async fn serve_beside<S>(listener: TcpListener, service: S)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    accept(listener, service, &GracefulShutdown::new(), Arc::default()).await;
}

async fn accept<S>(listener: TcpListener, service: S, connections: &GracefulShutdown, unheard: Arc<AtomicUsize>)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let protocol = protocol();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        if places.available_permits() == 0 {
            tracing::warn!(connections = MAX_CONNECTIONS, "no more connections are accepted until one is closed");
        }
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let Some(stream) = next(&listener).await else { continue };
        let seen = Arc::new(Notify::new());
        let service = service.clone();
        let (first, unheard) = (seen.clone(), Unheard::new(unheard.clone()));
        let answer = service_fn(move |request| {
            first.notify_one();
            unheard.end();
            service.clone().oneshot(request)
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        let connection = protocol.serve_connection(TokioIo::new(Box::pin(stream)), answer).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                outcome = connection => {
                    if let Err(error) = outcome {
                        tracing::debug!(%error, "connection ended");
                    }
                }
                () = silence(&seen) => tracing::debug!("connection closed: no request came"),
            }
        });
    }
}

/// The next connection. What goes wrong with one is no reason to stop accepting others.
async fn next(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept().await {
        Ok((stream, _)) => {
            // Answers are written whole: waiting to fill packets would only delay them.
            stream.set_nodelay(true).ok()?;
            Some(stream)
        }
        Err(error) => {
            use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
            if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
                tracing::error!(%error, "cannot accept connections");
                // Mostly no file descriptor is left; one may be soon.
                sleep(Duration::from_secs(1)).await;
            }
            None
        }
    }
}

/// Ends when no first request comes in time: hyper's own timer starts only when it knows the version of HTTP.
async fn silence(seen: &Notify) {
    if timeout(HEADER_TIMEOUT, seen.notified()).await.is_ok() {
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
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    protocol
}
