//! Serving HTTP on one connection, and closing it when its time is over.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use partbook_http::{Memory, Peer};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use super::activity::{Activity, Expired};
use super::connections::OpenConnection;
use super::in_flight::{HeldBody, InFlight};
use super::reader::{ReadBody, Reader};
use super::service::HttpService;
use super::socket::Stream;
use super::stream::ObservedStream;
use super::streams::{StreamExecutor, reader_of_stream};

/// How long an idle connection that makes room may take to close. Over HTTP/2 the client has a say in it.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How many requests of one HTTP/2 connection are served at once.
const MAX_STREAMS: u32 = 100;

/// How much of bodies that are not read yet an HTTP/2 client may send: of one request, and of all on its connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 512 * 1024;

/// How often the service pings an HTTP/2 client.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// How long an HTTP/2 client may take to answer a ping.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// What a connection comes to.
enum Event<T> {
    Ended(T),
    Expired(Expired),
    ReaderGone,
    RoomWanted,
    Stop,
}

/// Serves HTTP on a connection until it is closed. `permit` is held as long.
pub(super) async fn serve_connection(
    stream: Stream,
    peer: Peer,
    service: impl HttpService,
    mut open: OpenConnection,
    permit: impl Send,
) {
    let mut stream = TimeoutStream::new(stream);
    let activity = open.activity.clone();
    let answer_timeout = activity.answer_timeout();
    // For what has left the answers' bodies and waits for the network.
    stream.set_write_timeout(Some(answer_timeout));
    // Over HTTP/1, where an answer follows the other. Streams of HTTP/2 have readers of their own.
    let reader = Arc::new(Reader::new(answer_timeout));
    let stream = TokioIo::new(ObservedStream::new(Box::pin(stream), activity.clone()));
    let (seen, read_by, memory) = (activity.clone(), reader.clone(), Memory::default());
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(memory.clone());
        request.extensions_mut().insert(peer);
        answer(service.clone(), request, seen.clone(), read_by.clone())
    });
    let protocol = protocol(answer_timeout);
    let mut connection = pin!(protocol.serve_connection(stream, answer));
    let mut timer = pin!(sleep_until(Instant::now() + activity.check_interval()));
    let mut is_stopping = false;
    loop {
        let next = poll_fn(|context| {
            if let Poll::Ready(outcome) = connection.as_mut().poll(context) {
                return Poll::Ready(Event::Ended(outcome));
            }
            loop {
                let deadline = activity.deadline();
                let now = Instant::now();
                if let Some((_, expired)) = deadline.filter(|(at, _)| *at <= now) {
                    return Poll::Ready(Event::Expired(expired));
                }
                // It fires at the latest when a deadline may have come about of which nothing here has been told.
                let at = deadline.map_or_else(|| now + activity.check_interval(), |(at, _)| at);
                if timer.is_elapsed() || at < timer.deadline() {
                    timer.as_mut().reset(at);
                }
                ready!(timer.as_mut().poll(context));
            }
        });
        let event = tokio::select! {
            event = next => event,
            () = reader.is_gone() => Event::ReaderGone,
            () = activity.room_wanted() => Event::RoomWanted,
            _ = open.stop.changed(), if !is_stopping => Event::Stop,
        };
        let patience = match event {
            Event::Ended(outcome) => {
                if let Err(error) = outcome {
                    tracing::debug!(%error, "connection ended");
                }
                break;
            }
            Event::Expired(Expired::Headers) => {
                tracing::debug!("connection closed; headers took too long");
                break;
            }
            Event::ReaderGone => {
                tracing::debug!("connection closed; its reader takes too little");
                break;
            }
            Event::Stop => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
                continue;
            }
            Event::Expired(Expired::Idle) => answer_timeout,
            Event::RoomWanted => CLOSE_TIMEOUT,
        };
        tracing::debug!("idle connection closed");
        connection.as_mut().graceful_shutdown();
        // What runs by now is still answered. What an HTTP/2 client has not taken yet may be taken.
        let _ = timeout(patience, connection.as_mut()).await;
        break;
    }
    drop(permit);
}

async fn answer(
    service: impl HttpService,
    request: Request<Incoming>,
    activity: Arc<Activity>,
    reader: Arc<Reader>,
) -> Result<Response<ReadBody>, Infallible> {
    let reader = reader_of_stream().unwrap_or(reader);
    let in_flight = InFlight::begin(activity, request.version() < Version::HTTP_2);
    let request = request.map(|body| {
        if body.is_end_stream() { Body::empty() } else { Body::new(HeldBody::new(body, in_flight.clone())) }
    });
    let response = service.oneshot(request).await?;
    Ok(ReadBody::answer(response.map(|body| HeldBody::new(body, in_flight)), reader))
}

fn protocol(answer_timeout: Duration) -> auto::Builder<StreamExecutor> {
    let mut protocol = auto::Builder::new(StreamExecutor { answer_timeout });
    // The limit on headers is kept here: hyper's begins with the answer before.
    protocol.http1().timer(TokioTimer::new()).header_read_timeout(None);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
    protocol
}
