//! How long connections live, over both protocols.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tower::service_fn;

use super::activity::ConnectionTimeouts;
use super::connections::{Connections, ListenerKind};
use super::listener::accept;
use super::socket::Listener;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// The preface of HTTP/2 and empty settings.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Answers every request after `delay`.
async fn served(timeouts: ConnectionTimeouts, max_connections: usize, delay: Duration) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let service = service_fn(move |_: Request<Body>| async move {
        sleep(delay).await;
        Ok::<_, Infallible>(Response::new(Body::from("done")))
    });
    let task = tokio::spawn(async move {
        accept(Listener::Tcp(listener), service, &Connections::new(ListenerKind::Public, timeouts), max_connections)
            .await;
    });
    (address, task)
}

fn timeouts(headers: u64, idle: u64) -> ConnectionTimeouts {
    let answer = Duration::from_secs(30);
    ConnectionTimeouts { headers: Duration::from_millis(headers), idle: Duration::from_millis(idle), answer }
}

/// Reads until the other side closes, and says how long that took.
async fn closed_after(stream: &mut TcpStream) -> Duration {
    let begin = Instant::now();
    let mut bytes = Vec::new();
    let ended = timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await;
    // A reset is an end, too.
    assert!(ended.is_ok(), "it stays open");
    begin.elapsed()
}

async fn ask(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 4096];
    stream.write_all(REQUEST).await.is_ok()
        && matches!(stream.read(&mut bytes).await, Ok(read) if bytes[..read].ends_with(b"done"))
}

#[tokio::test]
async fn a_connection_may_rest_longer_than_headers_may_take() {
    let (address, _task) = served(timeouts(200, 2000), 10, Duration::ZERO).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    sleep(Duration::from_millis(500)).await;
    assert!(ask(&mut stream).await, "before the first request");
    sleep(Duration::from_millis(500)).await;
    assert!(ask(&mut stream).await, "between requests");
    let closed = closed_after(&mut stream).await;
    assert!(closed >= Duration::from_millis(1900), "{closed:?}");
}

#[tokio::test]
async fn headers_have_a_limit_from_their_first_byte_on() {
    let (address, _task) = served(timeouts(500, 60_000), 10, Duration::ZERO).await;
    // Headers of HTTP/2 that are announced with 64 bytes, and only begin.
    let begun = [HTTP2, b"\0\0\x40\x01\x04\0\0\0\x01\x82"].concat();
    for bytes in [b"GET / HT".as_slice(), b"PRI", &begun] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let closed = closed_after(&mut stream).await;
        assert!(closed >= Duration::from_millis(400), "{closed:?}");
    }
    let mut stream = TcpStream::connect(&address).await.unwrap();
    assert!(ask(&mut stream).await);
    // A byte now and then is no excuse.
    let (mut reading, mut writing) = stream.into_split();
    let trickle = tokio::spawn(async move {
        while writing.write_all(b"G").await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
    });
    let mut bytes = Vec::new();
    let ended = timeout(Duration::from_secs(20), reading.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "it stays open");
    trickle.abort();
}

#[tokio::test]
async fn a_request_that_runs_is_not_idle() {
    let (address, _task) = served(timeouts(100, 100), 10, Duration::from_millis(600)).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    assert!(ask(&mut stream).await);
}

#[tokio::test]
async fn an_idle_connection_of_http_2_is_closed_too() {
    let (address, _task) = served(timeouts(60_000, 500), 10, Duration::ZERO).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(HTTP2).await.unwrap();
    let mut answer = Vec::new();
    let begin = Instant::now();
    // It is asked for a ping before it closes; a client that answers none is closed a while later.
    let goaway = async {
        loop {
            let mut bytes = [0; 256];
            match stream.read(&mut bytes).await {
                Ok(0) | Err(_) => break,
                Ok(read) => answer.extend_from_slice(&bytes[..read]),
            }
            if answer.windows(4).any(|frame| frame == b"\0\0\x08\x07") {
                break;
            }
        }
    };
    assert!(timeout(Duration::from_secs(20), goaway).await.is_ok(), "{answer:?}");
    assert!(begin.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn the_oldest_idle_connection_makes_room() {
    let (address, _task) = served(timeouts(60_000, 60_000), 3, Duration::ZERO).await;
    let mut open = Vec::new();
    for bytes in [REQUEST, HTTP2, REQUEST] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = [0; 4096];
        assert!(stream.read(&mut answer).await.unwrap() > 0);
        open.push(stream);
        sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..2 {
        let mut new = TcpStream::connect(&address).await.unwrap();
        assert!(timeout(Duration::from_secs(10), ask(&mut new)).await.unwrap(), "it is let in");
        open.push(new);
    }
    closed_after(&mut open[0]).await;
    closed_after(&mut open[1]).await;
    assert!(ask(&mut open[2]).await, "the youngest of the first ones stays");
}
