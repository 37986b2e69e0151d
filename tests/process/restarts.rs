//! A service manager holds the socket, and restarts lose no request (docs/operations.md).

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::spawn_blocking;

use partbook_test_support::{Database, Server, backends, partbook, wire};

const CLIENTS: usize = 8;

const RESTARTS: usize = 3;

/// How long a client rests between two requests on a connection that it keeps: less than the drain delay of a second.
const REST: Duration = Duration::from_millis(20);

/// What a client has seen.
struct Seen {
    created: usize,
    closed: usize,
}

backends!(restarts_on_a_socket_that_is_handed_over_lose_no_request);
async fn restarts_on_a_socket_that_is_handed_over_lose_no_request(database: Database) {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address").to_string();
    let start = async || {
        let options = Server::options().socket(socket.try_clone().expect("a descriptor"));
        options.env("PARTBOOK_DRAIN_DELAY", "1").start_on(&database).await
    };
    let mut server = start().await;
    assert_eq!(server.address(), format!("http://{address}"));
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (address, is_over) = (address.clone(), is_over.clone());
            spawn_blocking(move || create_until(&is_over, &address, client))
        })
        .collect();
    for _ in 0..RESTARTS {
        assert!(server.stop().await.success());
        server = start().await;
    }
    is_over.store(true, Ordering::Relaxed);
    let mut created = 0;
    for seen in join_all(clients).await {
        let seen = seen.expect("a client that every request of was answered");
        assert!(seen.closed >= RESTARTS, "each stop is told on each connection");
        created += seen.created;
    }
    let rows = server.database().value("select count(*) from cpu").await;
    assert_eq!(rows, Some(created.to_string()), "none is lost, and none is there twice");
}

/// Creates CPUs on one connection after the other, each kept until an answer says that it closes.
fn create_until(is_over: &AtomicBool, address: &str, client: usize) -> Seen {
    let mut seen = Seen { created: 0, closed: 0 };
    let mut kept: Option<TcpStream> = None;
    while !is_over.load(Ordering::Relaxed) {
        let stream = kept.get_or_insert_with(|| wire::connect(address));
        let body = format!(r#"{{"name": "CPU {client} {}", "manufacturer": "x"}}"#, seen.created);
        let head =
            "POST /v1/catalog/cpus HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ";
        wire::send(stream, &format!("{head}{}\r\n\r\n{body}", body.len()));
        let (head, body) = wire::answer(stream);
        assert_eq!(wire::status(&head), 201, "{body}");
        seen.created += 1;
        if wire::header(&head, "connection") == Some("close") {
            kept = None;
            seen.closed += 1;
        }
        sleep(REST);
    }
    seen
}

backends!(instances_that_say_so_share_a_port);
async fn instances_that_say_so_share_a_port(database: Database) {
    let shared = |address: &str| Server::options().env("PARTBOOK_LISTEN", address).env("PARTBOOK_REUSE_PORT", "true");
    let first = shared("127.0.0.1:0").start_on(&database).await;
    let address = first.address().trim_start_matches("http://").to_owned();
    let alone = partbook(&["serve"]).env("PARTBOOK_LISTEN", &address).env("DATABASE_URL", &database.url()).run().await;
    assert_eq!(alone.status.code(), Some(1), "{alone:?}");
    assert!(alone.stderr.contains("another program listens there"), "one that does not say so has no part: {alone:?}");
    let second = shared(&address).start_on(&database).await;
    assert_eq!(second.address(), first.address());
    assert!(first.stop().await.success());
    assert_eq!(second.get("/v1/catalog/cpus").await.status, 200, "the second has the port to itself");
}

#[tokio::test]
async fn a_socket_that_cannot_be_used_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let connected = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
    let two = partbook(&["serve"]).socket(listener).env("LISTEN_FDS", "2");
    let accepted = partbook(&["serve"]).socket(connected);
    let file = partbook(&["serve"]).socket(std::fs::File::open("/dev/null").expect("a file"));
    for (call, told) in [
        (two, "2 sockets were handed over, and one is expected"),
        (accepted, "the socket that was handed over does not listen"),
        (file, "the socket that was handed over cannot be used: fd 3 is not a socket"),
    ] {
        let finished = call.run().await;
        assert_eq!(finished.status.code(), Some(2), "{finished:?}");
        assert!(finished.stderr.starts_with(&format!("partbook: {told}")), "{finished:?}");
    }
}
