//! `partbook healthcheck`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::refused;
use partbook_test_support::process::Finished;
use partbook_test_support::{Backend, Server, partbook};

/// `HOST:PORT` of a service.
fn address(service: &Server) -> &str {
    service.address().strip_prefix("http://").expect("an address")
}

/// A port of this machine that nobody answers on yet.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    (listener, address)
}

/// Gives the first client this answer, byte for byte, and tells what that client asked. An answer in parts takes half a
/// second for each.
fn answer(listener: TcpListener, parts: &'static [&'static str]) -> JoinHandle<String> {
    thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
        let asked: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                thread::sleep(Duration::from_millis(500));
            }
            // The client may have left.
            if (&stream).write_all(part.as_bytes()).is_err() {
                break;
            }
        }
        asked.join("\n")
    })
}

async fn check(address: &str) -> Finished {
    partbook(&["healthcheck", "--listen", address]).run().await
}

#[tokio::test]
async fn a_service_that_runs_is_well() {
    let service = Server::start(Backend::Sqlite).await;
    let port = service.address().rsplit_once(':').expect("a port").1;
    for host in ["127.0.0.1", "localhost", "0.0.0.0"] {
        let finished = check(&format!("{host}:{port}")).await;
        assert!(finished.status.success() && finished.stderr.is_empty() && finished.stdout.is_empty(), "{finished:?}");
    }
    let by_variable = partbook(&["healthcheck"]).env("PARTBOOK_LISTEN", address(&service));
    // Settings that are not its own, and a proxy that nobody is behind.
    let by_variable = by_variable.env("DATABASE_URL", "nonsense").env("PARTBOOK_LOG_LEVEL", "loud");
    let by_variable = by_variable.env("http_proxy", "http://127.0.0.1:1").env("ALL_PROXY", "http://127.0.0.1:1");
    assert!(by_variable.run().await.status.success());
}

#[tokio::test]
async fn all_addresses_are_asked_on_the_loopback_of_their_kind() {
    // A machine may be without IPv6.
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let port = listener.local_addr().expect("an address").port();
    let asked = answer(listener, &["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]);
    let finished = check(&format!("[::]:{port}")).await;
    assert!(finished.status.success(), "{finished:?}");
    asked.join().expect("a request");
}

#[tokio::test]
async fn nobody_there_is_one_clear_line() {
    let (listener, free) = silent();
    drop(listener);
    let finished = check(&free).await;
    let text = refused(&finished, 1);
    assert!(text.contains(&free) && text.contains("refused"), "{text}");
}

#[tokio::test]
async fn no_answer_ends_within_seconds() {
    let (_listener, never) = silent();
    let (listener, not_yet) = silent();
    answer(listener, &["HTTP/1.1 100 Continue\r\n\r\n"; 20]);
    for address in [never, not_yet] {
        let begin = Instant::now();
        let finished = check(&address).await;
        let text = refused(&finished, 1);
        assert!(text.contains(&address) && text.contains("3 s"), "{text}");
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    }
}

#[tokio::test]
async fn only_200_will_do() {
    for (parts, shown) in [
        (&["HTTP/1.1 503 Server Unavailable\r\nContent-Length: 0\r\n\r\n"][..], "503"),
        (&["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"], "404"),
        (&["HTTP/1.1 307 Temporary Redirect\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"], "307"),
        (&["SSH-2.0-OpenSSH_9.2\r\n"], "did not answer"),
        (&[""], "did not answer"),
    ] {
        let (listener, address) = silent();
        let asked = answer(listener, parts);
        let finished = check(&address).await;
        let text = refused(&finished, 1);
        assert!(text.contains(&address) && text.contains(shown), "{text}");
        let asked = asked.join().expect("a request");
        assert!(asked.starts_with("GET /livez HTTP/1.1\n"), "{asked}");
        assert!(asked.to_lowercase().contains(&format!("host: {address}")), "{asked}");
    }
}

#[tokio::test]
async fn a_bad_address_is_one_clear_line_and_two() {
    for address in ["nonsense", "127.0.0.1", ":8000", "127.0.0.1:99999", "http://127.0.0.1:8000", "127.0.0.1:0"] {
        let finished = check(address).await;
        let text = refused(&finished, 2);
        assert!(text.contains("--listen"), "{text}");
        let finished = partbook(&["healthcheck"]).env("PARTBOOK_LISTEN", address).run().await;
        let text = refused(&finished, 2);
        assert!(text.contains("PARTBOOK_LISTEN"), "{text}");
    }
    let finished = check("0.0.0.0:0").await;
    assert!(refused(&finished, 2).contains("port 0"), "{finished:?}");
    refused(&partbook(&["healthcheck", "extra"]).run().await, 2);
    refused(&partbook(&["healthcheck", "--database-url", "sqlite://partbook.db"]).run().await, 2);
}

#[tokio::test]
async fn its_help_names_the_setting_and_the_default() {
    assert!(partbook(&["--help"]).run().await.stdout.contains("healthcheck"));
    let finished = partbook(&["healthcheck", "--help"]).run().await;
    assert!(finished.status.success(), "{finished:?}");
    let text = finished.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("PARTBOOK_LISTEN") && text.contains("127.0.0.1:8000"), "{text}");
}
